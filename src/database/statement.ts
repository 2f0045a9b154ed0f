/** An SQL statement with a name, under which PostgreSQL keeps its plan. */
export interface Statement {
  name: string;
  text: string;
}
