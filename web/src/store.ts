import { useEffect, useState } from 'preact/hooks';

/** A value that components follow. */
export interface Store<Value> {
  get: () => Value;
  set: (value: Value) => void;
  use: () => Value;
}

export function createStore<Value>(value: Value): Store<Value> {
  const followers = new Set<(value: Value) => void>();
  return {
    get: () => value,
    set(next) {
      value = next;
      for (const follow of followers) follow(next);
    },
    use() {
      const [seen, setSeen] = useState(() => value);
      useEffect(() => {
        const follow = (next: Value) => setSeen(() => next);
        follow(value);
        followers.add(follow);
        return () => void followers.delete(follow);
      }, []);
      return seen;
    },
  };
}
