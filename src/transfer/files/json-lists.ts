import { Collector, isBlank, type Piece } from './pieces.js';

const [QUOTE, BACKSLASH, COMMA] = [0x22, 0x5c, 0x2c];
const OPENS = new Set([0x5b, 0x7b]);
const CLOSES = new Set([0x5d, 0x7d]);
const LIST = 0x5b;
/** **Unit** bytes of the name of a list. */
const LONGEST_NAME = 100;

/**
 * Splits a JSON document into the entries of its lists, without holding it: of a list, or of an object whose members are
 * lists. What is not in one of these is passed over.
 *
 * Only the ends of entries are looked for; whether one is JSON is said by who parses it.
 */
export async function* jsonLists(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  const entry = new Collector();
  const state = { depth: 0, listDepth: 0, inText: false, isEscaped: false };
  let section = '';
  let text: number[] | undefined;
  let lastText = '';
  let index = 0;
  for await (const chunk of chunks) {
    let from = 0;
    const cut = (end: number, next: number): Piece[] => {
      entry.add(chunk.subarray(from, end));
      from = next;
      const bytes = entry.take();
      if (bytes && isBlank(bytes)) return [];
      return [{ at: section === '' ? `entry ${index + 1}` : `${section}[${index}]`, section, bytes }];
    };
    for (let i = 0; i < chunk.length; i++) {
      const byte = chunk[i] ?? 0;
      if (state.inText) {
        if (state.isEscaped) state.isEscaped = false;
        else if (byte === BACKSLASH) state.isEscaped = true;
        else if (byte === QUOTE) {
          state.inText = false;
          if (text) lastText = Buffer.from(text).toString();
          text = undefined;
        } else if (text && text.length < LONGEST_NAME) text.push(byte);
      } else if (byte === QUOTE) {
        state.inText = true;
        // Names of lists are members of the outermost object.
        if (state.depth === 1 && state.listDepth === 0) text = [];
      } else if (OPENS.has(byte)) {
        state.depth++;
        const isOuter = state.listDepth === 0 && byte === LIST && state.depth <= 2;
        if (isOuter) {
          [state.listDepth, section, index, from] = [
            state.depth,
            state.depth === 1 ? '' : lastText,
            0,
            i + 1,
          ];
          entry.take();
        }
      } else if (CLOSES.has(byte)) {
        if (state.listDepth === state.depth && state.listDepth > 0) {
          yield* cut(i, i + 1);
          state.listDepth = 0;
        }
        state.depth--;
      } else if (byte === COMMA && state.listDepth === state.depth && state.listDepth > 0) {
        yield* cut(i, i + 1);
        index++;
      }
    }
    if (state.listDepth > 0) entry.add(chunk.subarray(from));
  }
  if (state.depth !== 0 || state.inText)
    yield { at: 'the end', section, bytes: Buffer.from('(the file was cut off)') };
}
