import { GIVE_UP } from './ask.js';

/** What tabs say to each other. No token is ever among it: each tab fetches its own. */
type Message = 'hold' | 'release' | 'login' | 'logout';

export interface Tabs {
  /** Whether somebody is signing in or out, here or in another tab. */
  isHeld: () => boolean;
  /** Until nobody is. */
  released: () => Promise<void>;
  /**
   * Does what changes the cookie while no tab refreshes, so that no older answer comes after it.
   *
   * Order is made here for the sake of the person who signs in; whether a refresh is right, the server decides.
   */
  alone: <T>(work: () => Promise<T>) => Promise<T>;
  tell: (message: 'login' | 'logout') => void;
  close: () => void;
}

/**
 * @param callOff ends a refresh under way in this tab.
 * @param hear is told when another tab has signed in or out.
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
    // Where storage is shut, as in a sandboxed frame, there is no other tab either that shares the cookie.
  }
  const tell = (message: Message) => channel?.postMessage(message);
  let own = 0;
  let holding: Promise<void> | undefined;
  let release = () => {};

  function hold(): void {
    callOff();
    release();
    const held = new Promise<void>((free) => {
      // A tab that was closed in the middle never says that it is done.
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
      if (own === 0) release();
    };

  return {
    isHeld: () => holding !== undefined,
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
