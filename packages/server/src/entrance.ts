/** How a peer came in: `GET /ws`, or `GET /ws/{diagnosis_id}` with everything in its address. */
export type Entrance =
  | { readonly kind: 'many' }
  | {
      readonly kind: 'single';
      readonly token: string;
      /** `undefined` when the path names no possible diagnosis. */
      readonly diagnosisId: number | undefined;
      readonly after: string | undefined;
    };
