import type { View } from './diagnosis-view.ts';

/** Which parts of a view one component reads. */
export class Reads {
  readonly #fields = new Set<keyof View>();
  readonly #types = new Set<string>();

  /** Whether two views are the same to the component. */
  same(one: View, other: View): boolean {
    for (const field of this.#fields) if (one[field] !== other[field]) return false;
    for (const type of this.#types) if (one.latest[type] !== other.latest[type]) return false;
    return true;
  }

  /** The view, with each read noted. */
  noting<More extends object>(view: View, more: More): View & More {
    const latest = this.#notingTypes(view.latest);
    return new Proxy(
      { ...view, latest, ...more },
      {
        get: (target, field) => {
          if (field in view && field !== 'latest') this.#fields.add(field as keyof View);
          return Reflect.get(target, field);
        },
      },
    );
  }

  #notingTypes(latest: View['latest']): View['latest'] {
    const note = (type: PropertyKey) => {
      if (typeof type === 'string') this.#types.add(type);
    };
    return new Proxy(latest, {
      get(target, type) {
        note(type);
        return Reflect.get(target, type);
      },
      has(target, type) {
        note(type);
        return Reflect.has(target, type);
      },
      ownKeys: (target) => {
        // Who lists the types reads all of them.
        this.#fields.add('latest');
        return Reflect.ownKeys(target);
      },
    });
  }
}
