/** What a browser has to know to prove the device of a session. */
export interface DeviceSession {
  sessionId: string;
  /** False where the browser is to forget the session. */
  goesOn: boolean;
  /** Where it proves the device. **Shape** a path. */
  refreshUrl: string;
  /** The paths that need the proof. */
  includes: readonly string[];
  /** The hosts of other origins whose pages refresh. **Shape** `app.example.com`, `*.preview.example.com`. */
  initiators: readonly string[];
  /** The cookie of the proof, with its attributes as in Set-Cookie. */
  cookie: { name: string; attributes: string };
}
