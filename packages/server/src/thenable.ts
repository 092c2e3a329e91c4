/**
 * Whether an answer comes later. Most come at once, and then nobody waits for them: each `await` costs a turn of the queue
 * of promises and memory, also for what is there already, which is much when thousands come back at once.
 */
export function isThenable<T>(answer: T | PromiseLike<T>): answer is PromiseLike<T> {
  return typeof answer === 'object' && answer !== null && 'then' in answer;
}
