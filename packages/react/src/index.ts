'use client';

export type { DiagnosisView } from './diagnosis-view.ts';
export type {
  Register,
  RegisteredCatalogue,
  RegisteredClient,
  RegisteredHandlesGaps,
} from './register.ts';
export { useClient } from './use-client.ts';
export { useConnectionState } from './use-connection-state.ts';
export { type DiagnosisOptions, useDiagnosis } from './use-diagnosis.ts';
export { type UpdatesOptions, type UpdatesType, useUpdates } from './use-updates.ts';
export { VitalwireProvider, type VitalwireProviderProps } from './vitalwire-provider.tsx';
