/** What each file of browser tests does with its browser: opens watched pages, and closes them after each test. */
import type { Browser, BrowserContextOptions } from "playwright-core";
import { expect } from "vitest";
import { launchBrowser, openPage, settled, type WatchedPage } from "./browser.ts";

/** The browser of a file of tests, and the pages that the running one has opened. */
export class TestBrowser {
  #browser: Browser | undefined;
  #pages: WatchedPage[] = [];

  async launch(): Promise<void> {
    this.#browser = await launchBrowser();
  }

  async open(options: BrowserContextOptions = {}): Promise<WatchedPage> {
    if (this.#browser === undefined) throw new Error("the browser is not launched");
    const one = await openPage(this.#browser, options);
    this.#pages.push(one);
    return one;
  }

  /** A page that has all it asked for. */
  async visit(url: string, options: BrowserContextOptions = {}): Promise<WatchedPage> {
    const one = await this.open(options);
    await one.page.goto(url);
    await settled(one.page);
    return one;
  }

  /** For after each test: closes its pages, none of which may have left loopback, and gives them. */
  async closePages(): Promise<readonly WatchedPage[]> {
    const pages = this.#pages;
    this.#pages = [];
    for (const one of pages) await one.close();
    for (const { strangers } of pages) expect(strangers, "requests that left loopback").toEqual([]);
    return pages;
  }

  async close(): Promise<void> {
    await this.#browser?.close();
  }
}
