package launch

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/httpapi"
)

// Config is the configuration of the local stack, from the environment.
type Config struct {
	Port         environ.Port `env:"PORT" envDefault:"3000"`
	TasksPort    environ.Port `env:"TASKS_PORT" envDefault:"8080"`
	TasksOpsPort environ.Port `env:"TASKS_OPS_PORT" envDefault:"9090"`
	BFFOpsPort   environ.Port `env:"BFF_OPS_PORT" envDefault:"9091"`
	AuthPort     environ.Port `env:"AUTH_PORT" envDefault:"3001"`
	PostgresPort environ.Port `env:"POSTGRES_PORT" envDefault:"15432"`
	MailPort     environ.Port `env:"MAIL_PORT" envDefault:"3025"`
	DataDir      string       `env:"DATA_DIR" envDefault:".data"`

	// SMTPURL is the auth server's mail server. Without one, mail is printed and
	// shown at MailPort.
	SMTPURL string `env:"SMTP_URL"`

	// DatabaseURL and DatabaseURLUnpooled name an existing server; the stack
	// starts one of its own when both are empty.
	DatabaseURL         environ.DatabaseURL `env:"DATABASE_URL"`
	DatabaseURLUnpooled environ.DatabaseURL `env:"DATABASE_URL_UNPOOLED"`

	// TrustedOrigins are further origins whose pages may use the stack,
	// separated by commas. The servers validate them.
	TrustedOrigins string `env:"TRUSTED_ORIGINS"`

	// Replicas is the number of task services, and of bffs. With several,
	// TASKS_OPS_PORT and BFF_OPS_PORT are not used.
	Replicas int `env:"REPLICAS" envDefault:"1"`
	// Drain is the servers' configuration, which they read from the same variables.
	Drain httpapi.DrainConfig

	// RateLimit limits sign-ins.
	RateLimit bool `env:"RATE_LIMIT_ENABLED" envDefault:"true"`
}

// Check returns an error for settings that contradict each other.
func (c *Config) Check() error {
	var errs []error
	owners := map[environ.Port]string{}
	for _, p := range c.ports() {
		if owner, ok := owners[p.number]; ok {
			errs = append(errs, fmt.Errorf("%s and %s are both %s", owner, p.variable, p.number))
		}
		owners[p.number] = p.variable
	}
	if (c.DatabaseURL == "") != (c.DatabaseURLUnpooled == "") {
		errs = append(errs, errors.New("DATABASE_URL (the runtime role) and DATABASE_URL_UNPOOLED (the owner) must be set together"))
	}
	if c.Replicas < 1 || c.Replicas > maxReplicas {
		errs = append(errs, fmt.Errorf("REPLICAS must be from 1 to %d", maxReplicas))
	}
	return errors.Join(append(errs, c.Drain.Check())...)
}

// ownDatabase reports whether the stack starts its own PostgreSQL.
func (c *Config) ownDatabase() bool { return c.DatabaseURL == "" }

// PublicURL returns the stack's URL for browsers.
func (c *Config) PublicURL() string { return "http://localhost:" + c.Port.String() }

func local(port environ.Port) string { return "http://127.0.0.1:" + port.String() }

// A portSetting is a port and the variable that sets it.
type portSetting struct {
	variable string
	number   environ.Port
}

func (c *Config) ports() []portSetting {
	all := []portSetting{
		{"PORT", c.Port},
		{"TASKS_PORT", c.TasksPort},
		{"AUTH_PORT", c.AuthPort},
	}
	if c.SMTPURL == "" {
		all = append(all, portSetting{"MAIL_PORT", c.MailPort})
	}
	if c.Replicas == 1 {
		all = append(all, portSetting{"TASKS_OPS_PORT", c.TasksOpsPort}, portSetting{"BFF_OPS_PORT", c.BFFOpsPort})
	}
	if c.ownDatabase() {
		all = append(all, portSetting{"POSTGRES_PORT", c.PostgresPort})
	}
	return all
}

// withheld are variables for the launcher or a single process; a child gets them
// only from the plan. NODE_ENV and TEST could turn off checks of Better Auth.
var withheld = []string{
	"HOST", "PORT", "OPS_PORT", "DATABASE_URL", "DATABASE_URL_UNPOOLED", "BETTER_AUTH_SECRET", "BETTER_AUTH_SECRETS",
	"BETTER_AUTH_URL", "JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE", "JWT_ALGORITHMS", "PUBLIC_URL", "TASKS_URL",
	"PAGE_DIR", "NODE_ENV", "TEST",
}

// childEnvironment returns our environment without the withheld variables,
// overridden by the settings.
func childEnvironment(settings map[string]string) []string {
	var all []string
	for _, entry := range os.Environ() {
		name, _, _ := strings.Cut(entry, "=")
		if _, set := settings[name]; !set && !slices.Contains(withheld, name) {
			all = append(all, entry)
		}
	}
	for name, value := range settings {
		all = append(all, name+"="+value)
	}
	return all
}
