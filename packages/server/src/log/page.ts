import type { PageLimit, Publication } from './log-store.ts';

/** Takes from the front what fits into a page, and at least one. Reads no further than the first that does not fit. */
export function takePage(publications: Iterable<Publication>, limit: PageLimit): Publication[] {
  const page: Publication[] = [];
  let size = 0;
  for (const publication of publications) {
    size += publication.text.length;
    if (page.length > 0 && size > limit.size) break;
    page.push(publication);
    if (page.length >= limit.publications) break;
  }
  return page;
}
