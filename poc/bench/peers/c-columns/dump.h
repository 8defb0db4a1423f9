/* Reads the columns of a bench dump; the layout is described in poc/bench/dump.ts. Little-endian machines only. */
#ifndef EARSHOT_BENCH_DUMP_H
#define EARSHOT_BENCH_DUMP_H

#include <stddef.h>
#include <stdint.h>

typedef struct {
  const uint8_t *bytes;
  size_t length;
} dump_t;

/* Maps the file; ends the process with a message when it is not a dump. */
dump_t dump_open(const char *path);

/* The column `name` of elements of `width` bytes; `*count` gets their number when not NULL. Ends the process when missing. */
const void *dump_column(const dump_t *dump, const char *name, size_t width, size_t *count);

#endif
