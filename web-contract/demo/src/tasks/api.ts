import { createClient } from "@tasklane/web-contract";

export const api = createClient();
