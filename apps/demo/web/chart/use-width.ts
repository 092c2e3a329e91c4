import { type RefCallback, useCallback, useState } from 'react';

/** The width of an element in whole pixels, kept up to date; give the function to the element as its `ref`. */
export function useWidth(): [RefCallback<HTMLElement>, number] {
  const [width, setWidth] = useState(320);
  const observe = useCallback((element: HTMLElement | null) => {
    if (element === null) return;
    const observer = new ResizeObserver(([entry]) => {
      if (entry !== undefined) setWidth(Math.floor(entry.contentRect.width));
    });
    observer.observe(element);
    return () => observer.disconnect();
  }, []);
  return [observe, width];
}
