/** Token under which the `SECRET_KEY` that is in force is injected, whether set or kept in `DATA_DIR`. */
export const SECRET_KEY = Symbol('tokenjar.secretKey');
