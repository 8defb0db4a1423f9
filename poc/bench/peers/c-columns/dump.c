#include "dump.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HEADER_BYTES = 16, ENTRY_BYTES = 64, NAME_BYTES = 40 };

static _Noreturn void stop(const char *what, const char *name) {
  fprintf(stderr, "%s: %s\n", name, what);
  exit(2);
}

dump_t dump_open(const char *path) {
  int file = open(path, O_RDONLY);
  struct stat status;
  if (file < 0 || fstat(file, &status) != 0) stop("cannot be opened", path);
  if (status.st_size < HEADER_BYTES) stop("is not a dump", path);
  size_t length = (size_t)status.st_size;
  const uint8_t *bytes = mmap(NULL, length, PROT_READ, MAP_PRIVATE, file, 0);
  close(file);
  if (bytes == MAP_FAILED) stop("cannot be mapped", path);
  if (memcmp(bytes, "EARBENCH\1\0\0\0", 12) != 0) stop("is not a dump of version 1", path);
  return (dump_t){bytes, length};
}

const void *dump_column(const dump_t *dump, const char *name, size_t width, size_t *count) {
  uint32_t columns;
  memcpy(&columns, dump->bytes + 12, sizeof columns);
  for (uint32_t i = 0; i < columns; i++) {
    const uint8_t *entry = dump->bytes + HEADER_BYTES + (size_t)i * ENTRY_BYTES;
    if (strncmp((const char *)entry, name, NAME_BYTES) != 0) continue;
    uint32_t own;
    uint64_t offset, length;
    memcpy(&own, entry + NAME_BYTES, sizeof own);
    memcpy(&offset, entry + NAME_BYTES + 8, sizeof offset);
    memcpy(&length, entry + NAME_BYTES + 16, sizeof length);
    if (own != width) stop("has another element width", name);
    if (offset + length > dump->length) stop("is cut short", name);
    if (count != NULL) *count = length / width;
    return dump->bytes + offset;
  }
  stop("is not in the dump", name);
}
