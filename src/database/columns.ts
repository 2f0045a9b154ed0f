import { getMetadataArgsStorage } from 'typeorm';

/** As PostgreSQL would write a name. */
export const snakeCase = (name: string): string =>
  name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The properties of an entity that are columns, in the order in which it declares them. */
export const fieldsOf = <Row extends object, Left extends keyof Row = never>(
  entity: new () => Row,
  without: readonly Left[] = [],
): Exclude<keyof Row & string, Left>[] =>
  getMetadataArgsStorage()
    .filterColumns(entity)
    .map(({ propertyName }) => propertyName as Exclude<keyof Row & string, Left>)
    .filter((name) => !(without as readonly string[]).includes(name));

/** Columns as SQL selects them, each under the name of its property: `u.email_verified AS "emailVerified"`. */
export const columnsOf = (alias: string, fields: readonly string[]): string =>
  fields.map((name) => `${alias}.${snakeCase(name)} AS "${name}"`).join(', ');

/** Some fields of a row that has more. */
export function pick<Row extends object, Field extends keyof Row>(
  row: Row,
  fields: readonly Field[],
): Pick<Row, Field> {
  const picked: Partial<Pick<Row, Field>> = {};
  for (const field of fields) picked[field] = row[field];
  return picked as Pick<Row, Field>;
}

/** How an entity keeps a bigint that no value of which leaves JavaScript's safe integers. */
export const safeInteger = {
  to: (value: unknown): unknown => value,
  from: (value: string | number | null): number | null => (value === null ? null : Number(value)),
};
