// The auth server with an OAuth provider, added as an operator would add it to auth.mjs.
// Its working directory is services/auth.
import { createServer } from "node:http";
import { betterAuth } from "better-auth";
import { genericOAuth } from "better-auth/plugins";
import { createAuth } from "./auth.mjs";
import { networks, readConfig } from "./config.mjs";
import { createPool, prepareDatabase } from "./database.mjs";
import { authHandler, sendJSON } from "./handler.mjs";
import { createLogger } from "./log.mjs";

const log = createLogger();
const config = readConfig(process.env);
const pool = createPool(config.databaseURL, log);
const { options } = createAuth(config, pool, log);
const provider = process.env.OAUTH_PROVIDER_URL;
const auth = betterAuth({
  ...options,
  plugins: [
    ...options.plugins,
    genericOAuth({
      config: [
        {
          providerId: "provider",
          clientId: "tasklane",
          clientSecret: "the provider's secret",
          authorizationUrl: `${provider}/authorize`,
          tokenUrl: `${provider}/token`,
          userInfoUrl: `${provider}/user`,
        },
      ],
    }),
  ],
});
await prepareDatabase(auth, pool, log);
const handleAuth = authHandler(auth, log, networks(config.trustedProxies));
createServer((request, response) => {
  if (request.url === "/readyz") sendJSON(response, 200, { status: "ready" });
  else handleAuth(request, response);
}).listen(config.port, config.host);
