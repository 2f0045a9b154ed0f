/** Token under which the `SECRET_KEY` that is in force is injected, whether set or kept in `DATA_DIR`. */
export const SECRET_KEY = Symbol('tokenjar.secretKey');
/** Token under which the settings are injected as they were given. A host's tests put others in front of them. */
export const GIVEN_OPTIONS = Symbol('tokenjar.givenOptions');
