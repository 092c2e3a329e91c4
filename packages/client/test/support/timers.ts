import { vi } from 'vitest';

/** Lets everything happen that is due now, where timers are fake. */
export const settle = () => vi.advanceTimersByTimeAsync(0);
