package launch

import (
	"cmp"
	"fmt"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
)

// Config is what the environment says about the local stack.
type Config struct {
	Port         int
	TasksPort    int
	TasksOpsPort int
	BFFOpsPort   int
	AuthPort     int
	PostgresPort int
	DataDir      string

	// DatabaseURL and DatabaseURLUnpooled name an existing server; the stack
	// starts one of its own when both are empty.
	DatabaseURL         string
	DatabaseURLUnpooled string

	// RateLimit is whether sign-ins are limited.
	RateLimit bool
}

// ReadConfig reads the environment. Its error names every mistake, each by its
// variable, and shows no value.
func ReadConfig() (Config, error) {
	var e environment
	config := Config{
		Port:                e.port("PORT", 3000),
		TasksPort:           e.port("TASKS_PORT", 8080),
		TasksOpsPort:        e.port("TASKS_OPS_PORT", 9090),
		BFFOpsPort:          e.port("BFF_OPS_PORT", 9091),
		AuthPort:            e.port("AUTH_PORT", 3001),
		PostgresPort:        e.port("POSTGRES_PORT", 54329),
		DataDir:             cmp.Or(os.Getenv("DATA_DIR"), ".data"),
		DatabaseURL:         e.databaseURL("DATABASE_URL"),
		DatabaseURLUnpooled: e.databaseURL("DATABASE_URL_UNPOOLED"),
		RateLimit:           e.flag("RATE_LIMIT_ENABLED", true),
	}
	owners := map[int]string{}
	for _, p := range config.ports() {
		if owner, ok := owners[p.number]; ok && p.number != 0 {
			e.mistake("%s and %s are both %d", owner, p.variable, p.number)
		}
		owners[p.number] = p.variable
	}
	if (config.DatabaseURL == "") != (config.DatabaseURLUnpooled == "") {
		e.mistake("DATABASE_URL (the runtime role) and DATABASE_URL_UNPOOLED (the owner) must be set together")
	}
	if len(e.mistakes) > 0 {
		return Config{}, fmt.Errorf("the environment is not right:\n  %s", strings.Join(e.mistakes, "\n  "))
	}
	return config, nil
}

// environment reads variables and collects what is wrong with them. A variable
// that is empty counts as not set.
type environment struct{ mistakes []string }

func (e *environment) mistake(format string, args ...any) {
	e.mistakes = append(e.mistakes, fmt.Sprintf(format, args...))
}

// port is 0 if the variable holds no port.
func (e *environment) port(name string, byDefault int) int {
	value := os.Getenv(name)
	if value == "" {
		return byDefault
	}
	number, err := strconv.ParseUint(value, 10, 16)
	if err != nil || number == 0 {
		e.mistake("%s must be a number from 1 to 65535", name)
		return 0
	}
	return int(number)
}

func (e *environment) flag(name string, byDefault bool) bool {
	switch os.Getenv(name) {
	case "":
		return byDefault
	case "true":
		return true
	case "false":
		return false
	}
	e.mistake("%s must be true or false", name)
	return byDefault
}

func (e *environment) databaseURL(name string) string {
	value := os.Getenv(name)
	if value == "" {
		return ""
	}
	address, err := url.Parse(value)
	if err != nil || (address.Scheme != "postgres" && address.Scheme != "postgresql") || address.Host == "" || address.User.Username() == "" {
		e.mistake("%s must be like postgres://user:password@host:5432/database", name)
	}
	return value
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
