import { Collector, isBlank, type Piece } from './pieces.js';

/** Splits JSON lines: one entry a line. */
export async function* jsonLines(chunks: AsyncIterable<Buffer>): AsyncGenerator<Piece> {
  const line = new Collector();
  let number = 0;
  const taken = (): Piece[] => {
    number++;
    const bytes = line.take();
    return bytes && isBlank(bytes) ? [] : [{ at: `line ${number}`, section: '', bytes }];
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(0x0a); end !== -1; end = chunk.indexOf(0x0a, from)) {
      line.add(chunk.subarray(from, end));
      from = end + 1;
      yield* taken();
    }
    line.add(chunk.subarray(from));
  }
  yield* taken();
}
