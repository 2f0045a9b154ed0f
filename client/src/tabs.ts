import { GIVE_UP } from './ask.js';

/** The messages between tabs. They never contain a token: each tab fetches its own. */
type Message = 'hold' | 'release' | 'login' | 'logout';

export interface Tabs {
  /** Whether a sign-in or sign-out is in progress, here or in another tab. */
  isHeld: () => unknown;
  /** Resolves when none is in progress. */
  released: () => Promise<void>;
  /**
   * Runs an operation that changes the cookie while no tab refreshes, so that no older response arrives after it.
   *
   * This ordering only serves the user who signs in; whether a refresh is accepted is decided by the server.
   */
  alone: <T>(work: () => Promise<T>) => Promise<T>;
  tell: (message: 'login' | 'logout') => void;
  close: () => void;
}

/**
 * @param callOff cancels a refresh in progress in this tab.
 * @param hear is called when another tab has signed in or out.
 */
export function createTabs(
  name: string | undefined,
  callOff: () => void,
  hear: (message: 'login' | 'logout') => void,
): Tabs {
  let channel: BroadcastChannel | undefined;
  try {
    if (name) channel = new BroadcastChannel(name);
  } catch {
    // Without storage, as in a sandboxed frame, no other tab shares the cookie either.
  }
  const tell = (message: Message) => channel?.postMessage(message);
  let own = 0;
  let holding: Promise<void> | undefined;
  let release = () => {};

  function hold(): void {
    callOff();
    release();
    const held = new Promise<void>((free) => {
      // A tab closed halfway never reports that it is done.
      const end = setTimeout(() => release(), GIVE_UP);
      release = () => {
        clearTimeout(end);
        holding = undefined;
        free();
      };
    });
    holding = held;
  }

  if (channel)
    channel.onmessage = ({ data }: MessageEvent<Message>) => {
      if (data === 'hold') return hold();
      if (data !== 'release') hear(data);
      if (!own) release();
    };

  return {
    isHeld: () => holding,
    async released() {
      while (holding) await holding;
    },
    async alone(work) {
      own++;
      hold();
      tell('hold');
      try {
        return await work();
      } finally {
        own--;
        tell('release');
        release();
      }
    },
    tell,
    close() {
      channel?.close();
      channel = undefined;
    },
  };
}
