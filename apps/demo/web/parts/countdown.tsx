import { useEffect, useState } from 'react';

/** Seconds until a moment, counting down. */
export function Countdown({ until }: { until: number }) {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 100);
    return () => clearInterval(timer);
  }, []);
  const seconds = Math.max(0, until - now) / 1000;
  return (
    // Not announced: a screen reader would read out every tenth of a second.
    <span className="countdown" data-testid="retry-countdown" aria-hidden="true">
      next try in {seconds.toFixed(1)} s
    </span>
  );
}
