/** What a tick publishes: so many messages to each of so many topics. */
export interface TickPlan {
  readonly topics: number;
  readonly messages: number;
}
