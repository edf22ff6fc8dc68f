import { createRequire } from "node:module";
import { fileOf } from "./site.js";

interface Client {
  connect: () => Promise<void>;
  query: (statement: string, values: unknown[]) => Promise<unknown>;
  end: () => Promise<void>;
}

// The driver of the auth server, which is installed with it.
const { Client } = createRequire(fileOf("services/auth/package.json"))("pg") as { Client: new (url: string) => Client };

/** Runs a statement on a database. */
export async function runStatement(url: string, statement: string, ...values: unknown[]): Promise<void> {
  const client = new Client(url);
  await client.connect();
  await client.query(statement, values).finally(() => client.end());
}
