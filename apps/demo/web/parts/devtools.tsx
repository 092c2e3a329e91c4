import { useClient } from '@vitalwire/react';
import { useEffect, useRef, useState } from 'react';

/** What developers see of the connection, loaded when somebody looks. */
export function Devtools() {
  const client = useClient();
  const [open, setOpen] = useState(false);
  const place = useRef<HTMLDivElement>(null);

  useEffect(() => {
    const element = place.current;
    if (!open || !client || !element) return;
    let unmount = () => {};
    let gone = false;
    import('@vitalwire/client/devtools').then(
      ({ mountDevtools }) => {
        if (!gone) unmount = mountDevtools(client, element);
      },
      (error) => console.warn(error),
    );
    return () => {
      gone = true;
      unmount();
    };
  }, [open, client]);

  return (
    <details className="devtools" onToggle={({ currentTarget }) => setOpen(currentTarget.open)}>
      <summary data-testid="devtools-toggle">Developer view</summary>
      <div ref={place} data-testid="devtools" />
    </details>
  );
}
