/** Says how something came onto the page: recovered after an absence, or live. */
export function OriginTag({ recovered }: { recovered: boolean }) {
  return <span className={recovered ? 'tag recovered' : 'tag live'}>{recovered ? 'recovered' : 'live'}</span>;
}
