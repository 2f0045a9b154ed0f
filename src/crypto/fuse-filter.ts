/** Keys of a filter. **Shape** the first and the second 32 bits of each, by turns; no key twice. */
export type Keys = Uint32Array;

/** The layout of the fingerprints of a filter. */
interface Layout {
  /** **Unit** fingerprints; a power of two. */
  segment: number;
  /** Where the first of the three fingerprints of a key may begin. **Unit** fingerprints. */
  starts: number;
  /** **Unit** fingerprints. */
  size: number;
}

const MOST_ATTEMPTS = 100;

/**
 * The layout for a number of keys: 1.13 fingerprints per key for large filters.
 *
 * **Source** Graf, Lemire, Binary Fuse Filters: Fast and Smaller Than Xor Filters (JEA 2022), §4.
 */
export function layoutFor(count: number): Layout {
  if (count === 0) return { segment: 0, starts: 0, size: 0 };
  const exponent = count === 1 ? 2 : Math.floor(Math.log(count) / Math.log(3.33) + 2.25);
  const segment = 2 ** Math.min(Math.max(exponent, 2), 16);
  const factor = count === 1 ? 1 : Math.max(1.125, 0.875 + (0.25 * Math.log(1e6)) / Math.log(count));
  const segments = Math.max(1, Math.ceil((count * factor) / segment) - 2);
  return { segment, starts: segments * segment, size: (segments + 2) * segment };
}

/**
 * A binary fuse filter with fingerprints of 16 bits: it recognises every key that it was built from, and one in 65,536
 * others by mistake.
 *
 * @returns the fingerprints, and the seed that `isKnown` needs.
 */
export function buildFilter(keys: Keys): { seed: number; fingerprints: Uint16Array } {
  const count = keys.length / 2;
  const layout = layoutFor(count);
  for (let seed = 0; seed < MOST_ATTEMPTS; seed++) {
    const order = peel(keys, layout, seed);
    if (order) return { seed, fingerprints: assign(order, layout) };
  }
  throw new Error(`no filter of ${count} keys was found: is one of them twice among them?`);
}

/** Whether a key is in a filter. @param at reads a fingerprint. */
export function isKnown(
  high: number,
  low: number,
  seed: number,
  layout: Layout,
  at: (i: number) => number,
): boolean {
  if (layout.size === 0) return false;
  const place = placeOf(high, low, seed, layout, [0, 0, 0, 0]);
  return (at(place[0]) ^ at(place[1]) ^ at(place[2])) === place[3];
}

/** Three positions and a fingerprint. */
type Place = [number, number, number, number];

/** Written into `place`, because an array per key would dominate the cost of building. */
function placeOf(high: number, low: number, seed: number, { segment, starts }: Layout, place: Place): Place {
  // A Feistel network: different keys stay different, whatever the seed.
  const one = low ^ mix(high + Math.imul(seed, 0x9e3779b9));
  const two = high ^ mix(one ^ 0x5bd1e995);
  const three = one ^ mix(two + 0x27d4eb2f);
  const first = Math.floor(((two >>> 0) / 2 ** 32) * starts);
  place[0] = first;
  place[1] = (first + segment) ^ ((three >>> 16) & (segment - 1));
  place[2] = (first + 2 * segment) ^ (three & (segment - 1));
  place[3] = mix(two ^ Math.imul(three, 0x85ebca6b)) & 0xffff;
  return place;
}

/** **Source** the finaliser of MurmurHash3, 32 bits. */
function mix(value: number): number {
  let h = value | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** The keys in an order in which each has a position not used by those before it. */
interface Peeled {
  places: Uint32Array;
  fingerprints: Uint16Array;
  /** Which of its three positions is its own. */
  own: Uint8Array;
}

/** Removes, one by one, the keys that are alone at a position. @returns undefined if some are left. */
function peel(keys: Keys, layout: Layout, seed: number): Peeled | undefined {
  const count = keys.length / 2;
  const place: Place = [0, 0, 0, 0];
  const places = new Uint32Array(3 * count);
  const prints = new Uint16Array(count);
  /** At each place: how many keys, and the XOR of their numbers. */
  const counts = new Uint32Array(layout.size);
  const sums = new Uint32Array(layout.size);
  for (let key = 0; key < count; key++) {
    placeOf(keys[2 * key] ?? 0, keys[2 * key + 1] ?? 0, seed, layout, place);
    prints[key] = place[3];
    for (let i = 0; i < 3; i++) {
      const at = place[i] ?? 0;
      places[3 * key + i] = at;
      counts[at] = (counts[at] ?? 0) + 1;
      sums[at] = (sums[at] ?? 0) ^ key;
    }
  }

  const peeled: Peeled = {
    places: new Uint32Array(3 * count),
    fingerprints: new Uint16Array(count),
    own: new Uint8Array(count),
  };
  const alone = new Uint32Array(layout.size);
  let waiting = 0;
  for (let at = 0; at < layout.size; at++) if (counts[at] === 1) alone[waiting++] = at;
  let done = 0;
  while (waiting > 0) {
    const at = alone[--waiting] ?? 0;
    if (counts[at] !== 1) continue;
    const key = sums[at] ?? 0;
    peeled.fingerprints[done] = prints[key] ?? 0;
    for (let i = 0; i < 3; i++) {
      const other = places[3 * key + i] ?? 0;
      peeled.places[3 * done + i] = other;
      if (other === at) peeled.own[done] = i;
      counts[other] = (counts[other] ?? 0) - 1;
      sums[other] = (sums[other] ?? 0) ^ key;
      if (other !== at && counts[other] === 1) alone[waiting++] = other;
    }
    done++;
  }
  return done === count ? peeled : undefined;
}

/** In reverse order, each key can set its own position so that its three fingerprints match. */
function assign({ places, fingerprints, own }: Peeled, { size }: Layout): Uint16Array {
  const filter = new Uint16Array(size);
  for (let key = fingerprints.length - 1; key >= 0; key--) {
    let value = fingerprints[key] ?? 0;
    for (let i = 0; i < 3; i++) if (i !== own[key]) value ^= filter[places[3 * key + i] ?? 0] ?? 0;
    filter[places[3 * key + (own[key] ?? 0)] ?? 0] = value;
  }
  return filter;
}
