/** The ID of a user as it is shown: a number, or with `USER_ID=uuid` the public ID. */
export type ShownId = number | string;

/** What of the settings says which one is shown. */
export interface UserIdSetting {
  userId: 'integer' | 'uuid';
}

/** The two IDs of a user. */
export interface BothIds {
  id: number;
  publicId: string;
}

/** As we write it, in lower case. */
export const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const INTEGER = /^[1-9]\d{0,15}$/;

/** In place of the public ID of an account that does not exist yet. */
export const NOBODY: BothIds = { id: 0, publicId: '00000000-0000-0000-0000-000000000000' };

/** Whether a text has the form of the IDs that are shown. A UUID may be in upper case. */
export const isShownId = (text: string, { userId }: UserIdSetting): boolean =>
  userId === 'uuid'
    ? UUID.test(text.toLowerCase())
    : INTEGER.test(text) && Number.isSafeInteger(Number(text));

export const shownIdOf = ({ id, publicId }: BothIds, { userId }: UserIdSetting): ShownId =>
  userId === 'uuid' ? publicId : id;
