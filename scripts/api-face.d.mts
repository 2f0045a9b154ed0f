/** What hosts can import. */
export interface Face {
  report: string;
  forgotten: string[];
  undocumented: string[];
}
export function readFace(dist: string): Face;
