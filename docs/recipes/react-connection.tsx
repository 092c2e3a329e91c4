import { useClient, useConnectionState } from '@vitalwire/react';

/** Renders only when the connection comes or goes, not at each attempt. */
export function Offline() {
  const online = useConnectionState(({ name }) => name === 'connected');
  const client = useClient();
  if (online) return null;
  return (
    <p role="status">
      Not connected. What happens meanwhile will be shown.{' '}
      <button type="button" onClick={() => client?.connect()}>
        Try now
      </button>
    </p>
  );
}
