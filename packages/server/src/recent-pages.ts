import type { FramedPage } from './shared-reads.ts';

/** Pages that were read a moment ago, by what was asked. Bounded by their size, and by {@link RecentPages.age}. */
export class RecentPages {
  readonly #most: number;
  #size = 0;
  /** Those that were read or used since the last {@link age}, and those that were not. */
  #fresh = new Map<string, RecentPage>();
  #aged = new Map<string, RecentPage>();

  /** @param most characters of text in all of them together. What does not fit beside the fresh ones is not kept. */
  constructor(most: number) {
    this.#most = most;
  }

  get(key: string): FramedPage | undefined {
    const aged = this.#aged.get(key);
    if (aged === undefined) return this.#fresh.get(key)?.page;
    this.#aged.delete(key);
    this.#fresh.set(key, aged);
    return aged.page;
  }

  /** @param size characters of text in the page. */
  set(key: string, page: FramedPage, size: number): void {
    this.delete(key);
    if (this.#size + size > this.#most) this.#dropAged();
    if (this.#size + size > this.#most) return;
    this.#size += size;
    this.#fresh.set(key, { page, size });
  }

  delete(key: string): void {
    const known = this.#fresh.get(key) ?? this.#aged.get(key);
    if (known === undefined) return;
    this.#size -= known.size;
    this.#fresh.delete(key);
    this.#aged.delete(key);
  }

  /** Drops what was not used since the last call. */
  age(): void {
    this.#dropAged();
    this.#aged = this.#fresh;
    this.#fresh = new Map();
  }

  #dropAged(): void {
    for (const { size } of this.#aged.values()) this.#size -= size;
    this.#aged.clear();
  }
}

interface RecentPage {
  readonly page: FramedPage;
  readonly size: number;
}
