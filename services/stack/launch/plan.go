package launch

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"

	"github.com/tasklane/tasklane/services/stack/postgres"
	"github.com/tasklane/tasklane/services/stack/roles"
)

// A service is a server process of the stack.
type service struct {
	name  string
	path  string
	args  []string
	env   map[string]string
	ready string // URL that responds with 200 once the service works
	// replicated says that the service can run several times.
	replicated bool
}

// databaseURLs are the URLs of the database for its users.
type databaseURLs struct{ owner, app, auth string }

// ownURLs returns the URLs of the stack's own server.
func ownURLs(server *postgres.Server, s secrets) databaseURLs {
	return databaseURLs{
		owner: server.URL(roles.Owner, s.Owner, roles.Database),
		app:   server.URL(roles.App, s.App, roles.Database),
		auth:  server.URL(roles.Auth, s.Auth, roles.Database),
	}
}

// givenURLs returns the URLs of an existing server. Better Auth works there as the
// owner, in its own schema: we neither create roles on somebody's server nor
// change passwords.
func givenURLs(ctx context.Context, config Config) (databaseURLs, error) {
	auth, err := roles.AuthURL(ctx, string(config.DatabaseURLUnpooled))
	if err != nil {
		return databaseURLs{}, fmt.Errorf("prepare the server of DATABASE_URL_UNPOOLED: %w", err)
	}
	return databaseURLs{owner: string(config.DatabaseURLUnpooled), app: string(config.DatabaseURL), auth: auth}, nil
}

// A plan has the values that processes share.
type plan struct {
	config Config
	root   string // of the checkout
	bin    string // the directory of the built programs, including this one
	node   string // path of Node
	urls   databaseURLs
	secret string // of Better Auth
	smtp   string // address of the mail server, if it is ours
}

// migration is the process that brings the task service's schema up to date.
func (p plan) migration() service {
	return service{
		name: "migrate",
		path: filepath.Join(p.bin, "tasks"),
		args: []string{"migrate"},
		env:  map[string]string{"DATABASE_URL": p.urls.app, "DATABASE_URL_UNPOOLED": p.urls.owner},
	}
}

// services returns the servers in the order of their start.
func (p plan) services() []service {
	config := p.config
	// Browsers on this machine may use either name.
	origins := config.PublicURL() + "," + local(config.Port)
	if config.TrustedOrigins != "" {
		origins += "," + config.TrustedOrigins
	}
	all := []service{
		{
			name: "auth",
			path: p.node,
			args: []string{filepath.Join(p.root, "services", "auth", "server.mjs")},
			env: map[string]string{
				"HOST": "127.0.0.1", "PORT": config.AuthPort.String(),
				"BETTER_AUTH_SECRET":          p.secret,
				"BETTER_AUTH_URL":             config.PublicURL(),
				"BETTER_AUTH_TRUSTED_ORIGINS": origins,
				"TRUSTED_PROXIES":             "127.0.0.1", // the bffs
				"DATABASE_URL":                p.urls.auth,
				"TASKS_URL":                   local(config.TasksPort),
				"RATE_LIMIT_ENABLED":          strconv.FormatBool(config.RateLimit),
			},
			ready: local(config.AuthPort) + "/readyz",
		},
		{
			name: "tasks",
			path: filepath.Join(p.bin, "tasks"),
			args: []string{"serve"},
			env: map[string]string{
				"HOST": "127.0.0.1", "PORT": config.TasksPort.String(), "OPS_PORT": config.TasksOpsPort.String(),
				"DATABASE_URL":    p.urls.app,
				"BETTER_AUTH_URL": local(config.AuthPort),
				"JWT_ISSUER":      config.PublicURL(),
			},
			ready:      local(config.TasksOpsPort) + "/readyz",
			replicated: true,
		},
		{
			name: "bff",
			path: filepath.Join(p.bin, "bff"),
			args: []string{"serve"},
			env: map[string]string{
				"HOST": "127.0.0.1", "PORT": config.Port.String(), "OPS_PORT": config.BFFOpsPort.String(),
				"PUBLIC_URL":         config.PublicURL(),
				"TRUSTED_ORIGINS":    origins,
				"TASKS_URL":          local(config.TasksPort),
				"BETTER_AUTH_URL":    local(config.AuthPort),
				"BETTER_AUTH_SECRET": p.secret,
				"PAGE_DIR":           filepath.Join(p.root, "web-contract", "demo", "dist"),
			},
			ready:      local(config.BFFOpsPort) + "/readyz",
			replicated: true,
		},
	}
	if p.smtp != "" {
		all[0].env["SMTP_URL"], all[0].env["MAIL_FROM"] = p.smtp, "Tasklane <tasklane@localhost>"
	}
	return all
}
