import { type Catalog, SiteProblem, type Table, tablesNamed } from './site-catalog.js';
import { quoted } from './source.js';

/** Which users are in which groups. Names are quoted, with their schema, as SQL takes them. */
export interface GroupTables {
  /** The name of the table of groups, for people. */
  groupTable: string;
  /** SQL that joins users, as `l.<userColumn>`, with the names of their groups, as `name`. */
  from: string;
  userColumn: string;
  name: string;
}

const NAMES = ['name', 'title', 'label', 'slug', 'codename', 'code'];

/**
 * Finds Django's groups, or those of the site's own: the table that a ManyToManyField `groups` or `roles` of the user
 * points to.
 *
 * Other tables of groups may be anything, such as rooms of a chat, and their names become roles: they have to be said.
 *
 * @throws {SiteProblem} if the table that was said is not there, or is not connected with the users.
 */
export function groupsOf(
  users: Table,
  { tables, references }: Catalog,
  said: string | undefined,
): GroupTables | undefined {
  const wanted = said === undefined ? undefined : tableSaid(tables, said);
  const isGroup = (link: Table, to: Table): boolean =>
    wanted === undefined
      ? to.name === 'auth_group' || [`${users.name}_groups`, `${users.name}_roles`].includes(link.name)
      : to === wanted;
  for (const toUser of references.filter(({ to }) => to === users))
    for (const toGroup of references) {
      const { from: link, to: groups } = toGroup;
      if (link !== toUser.from || groups === users || !isGroup(link, groups)) continue;
      const name = NAMES.find((each) => /char|text/.test(groups.columns.get(each) ?? ''));
      if (name !== undefined && groups.key !== undefined)
        return {
          groupTable: groups.schema === 'public' ? groups.name : `${groups.schema}.${groups.name}`,
          from: `${nameOf(link)} l JOIN ${nameOf(groups)} g ON g.${quoted(groups.key)} = l.${quoted(toGroup.column)}`,
          userColumn: quoted(toUser.column),
          name: `g.${quoted(name)}`,
        };
    }
  if (said !== undefined)
    throw new SiteProblem(
      `--group-table: no table connects ${users.name} with ${said}, or its groups have no name`,
    );
  return undefined;
}

function tableSaid(tables: readonly Table[], said: string): Table {
  const [only, ...others] = tablesNamed(tables, said);
  if (only && others.length === 0) return only;
  throw new SiteProblem(
    only ? `--group-table: say the schema of ${said}` : `--group-table: there is no table ${said}`,
  );
}

export const nameOf = ({ schema, name }: Table): string => `${quoted(schema)}.${quoted(name)}`;
