package launch

import (
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/caarlos0/env/v11"
)

// Config is what the environment says about the local stack.
type Config struct {
	Port         int    `env:"PORT" envDefault:"3000"`
	TasksPort    int    `env:"TASKS_PORT" envDefault:"8080"`
	TasksOpsPort int    `env:"TASKS_OPS_PORT" envDefault:"9090"`
	BFFOpsPort   int    `env:"BFF_OPS_PORT" envDefault:"9091"`
	AuthPort     int    `env:"AUTH_PORT" envDefault:"3001"`
	PostgresPort int    `env:"POSTGRES_PORT" envDefault:"54329"`
	DataDir      string `env:"DATA_DIR" envDefault:".data"`

	// DatabaseURL and DatabaseURLUnpooled name an existing server; the stack
	// starts one of its own when both are empty.
	DatabaseURL         string `env:"DATABASE_URL"`
	DatabaseURLUnpooled string `env:"DATABASE_URL_UNPOOLED"`
}

// ReadConfig reads the environment and reports all mistakes at once, by name.
func ReadConfig() (Config, error) {
	config, err := env.ParseAs[Config]()
	if err != nil {
		return Config{}, err
	}
	var mistakes []error
	owners := map[int]string{}
	for _, p := range config.ports() {
		if p.number < 1 || p.number > 65535 {
			mistakes = append(mistakes, fmt.Errorf("%s must be a number from 1 to 65535", p.variable))
			continue
		}
		if owner, ok := owners[p.number]; ok {
			mistakes = append(mistakes, fmt.Errorf("%s and %s are both %d", owner, p.variable, p.number))
		}
		owners[p.number] = p.variable
	}
	if (config.DatabaseURL == "") != (config.DatabaseURLUnpooled == "") {
		mistakes = append(mistakes, errors.New("DATABASE_URL (the runtime role) and DATABASE_URL_UNPOOLED (the owner) must be set together"))
	}
	return config, errors.Join(mistakes...)
}

// ownDatabase reports whether the stack starts its own PostgreSQL.
func (c Config) ownDatabase() bool { return c.DatabaseURL == "" }

// PublicURL is the address at which a browser finds the stack.
func (c Config) PublicURL() string { return fmt.Sprintf("http://localhost:%d", c.Port) }

func local(port int) string { return fmt.Sprintf("http://127.0.0.1:%d", port) }

// A portSetting is a port and the variable that sets it.
type portSetting struct {
	variable string
	number   int
}

func (c Config) ports() []portSetting {
	all := []portSetting{
		{"PORT", c.Port},
		{"TASKS_PORT", c.TasksPort},
		{"TASKS_OPS_PORT", c.TasksOpsPort},
		{"BFF_OPS_PORT", c.BFFOpsPort},
		{"AUTH_PORT", c.AuthPort},
	}
	if c.ownDatabase() {
		all = append(all, portSetting{"POSTGRES_PORT", c.PostgresPort})
	}
	return all
}

// withheld are variables that mean something to a single process, or to the
// launcher; a child gets them only as the plan sets them. NODE_ENV and TEST
// could turn off checks of Better Auth.
var withheld = []string{
	"HOST", "PORT", "OPS_PORT", "DATABASE_URL", "DATABASE_URL_UNPOOLED", "BETTER_AUTH_SECRET", "BETTER_AUTH_SECRETS",
	"BETTER_AUTH_URL", "JWKS_URL", "JWT_ISSUER", "JWT_AUDIENCE", "JWT_ALGORITHMS", "PUBLIC_URL", "TASKS_URL",
	"PAGE_DIR", "NODE_ENV", "TEST",
}

// childEnvironment is our environment without what is withheld, and with the
// settings, which win.
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
