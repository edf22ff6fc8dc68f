package main

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/tracing"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
)

// migrateConfig is the environment of "tasks migrate". The addresses hold
// passwords and are never printed.
type migrateConfig struct {
	// RuntimeURL logs in as the runtime role.
	RuntimeURL string `env:"DATABASE_URL"`
	// OwnerURL logs in as the owner of the tables, at the server itself.
	OwnerURL string `env:"DATABASE_URL_UNPOOLED"`
}

// serveConfig is the environment of "tasks serve".
type serveConfig struct {
	// DatabaseURL logs in as the runtime role. It may lead to a pooler.
	DatabaseURL string `env:"DATABASE_URL"`
	// Pooled says that DatabaseURL leads to a pooler in transaction mode.
	Pooled bool `env:"DATABASE_POOLED"`
	// DirectURL leads to the server itself where DatabaseURL leads to a
	// pooler. Its host is where notifications are heard; its user and
	// password are not used.
	DirectURL string `env:"DATABASE_URL_UNPOOLED"`
	// BetterAuthURL is where the Better Auth server is reached from here.
	BetterAuthURL string `env:"BETTER_AUTH_URL"`
	// JWKSURL is where the issuer publishes its keys; by default, where
	// Better Auth does.
	JWKSURL string `env:"JWKS_URL"`
	// Issuer must be the tokens' iss; Better Auth's default is the public
	// origin.
	Issuer string `env:"JWT_ISSUER"`
	// Audience must be the tokens' aud; by default the issuer, as in
	// Better Auth.
	Audience string `env:"JWT_AUDIENCE"`
	// Algorithms are the signatures to accept, separated by commas.
	Algorithms []string `env:"JWT_ALGORITHMS"`
	// Secret signs the tokens where the algorithm is HS256.
	Secret string `env:"BETTER_AUTH_SECRET"`
	// Host is the address to listen on; empty means all of them.
	Host string `env:"HOST"`
	// Port serves the API, OpsPort health and readiness.
	Port    environ.Port `env:"PORT" envDefault:"8080"`
	OpsPort environ.Port `env:"OPS_PORT" envDefault:"9090"`
	// LogLevel is the least level to log.
	LogLevel slog.Level `env:"LOG_LEVEL" envDefault:"INFO"`
	// RateLimit is how many requests a second one user may send to a
	// replica, RateBurst how many at once; a limit of zero is none.
	RateLimit float64 `env:"RATE_LIMIT" envDefault:"100"`
	RateBurst int     `env:"RATE_BURST" envDefault:"200"`
	// MaxInFlight and MaxStreams bound the requests that a replica works on
	// at once, and the streams it keeps open.
	MaxInFlight int `env:"MAX_IN_FLIGHT" envDefault:"500"`
	MaxStreams  int `env:"MAX_STREAMS" envDefault:"10000"`
	// Tracing says where traces go.
	Tracing tracing.Config
}

// databaseConfig is the environment of the commands that act on the data.
type databaseConfig struct {
	DatabaseURL string `env:"DATABASE_URL"`
	Pooled      bool   `env:"DATABASE_POOLED"`
}

func (c *databaseConfig) Check() error { return checkDatabaseURL("DATABASE_URL", c.DatabaseURL) }

func (c *migrateConfig) Check() error {
	return errors.Join(
		checkDatabaseURL("DATABASE_URL", c.RuntimeURL),
		checkDatabaseURL("DATABASE_URL_UNPOOLED", c.OwnerURL),
	)
}

func (c *serveConfig) Check() error {
	errs := []error{checkDatabaseURL("DATABASE_URL", c.DatabaseURL)}
	if c.DirectURL != "" {
		errs = append(errs, checkDatabaseURL("DATABASE_URL_UNPOOLED", c.DirectURL))
	}
	if err := c.tokens().Check(); err != nil {
		errs = append(errs, fmt.Errorf("JWT_ALGORITHMS and BETTER_AUTH_SECRET: %w", err))
	}
	switch {
	case slices.Contains(c.Algorithms, "HS256"):
		// The keys are not asked for.
	case c.JWKSURL != "":
		errs = append(errs, checkHTTPURL("JWKS_URL", c.JWKSURL))
	case c.BetterAuthURL != "":
		errs = append(errs, checkHTTPURL("BETTER_AUTH_URL", c.BetterAuthURL))
		c.JWKSURL = strings.TrimSuffix(c.BetterAuthURL, "/") + "/api/auth/jwks"
	default:
		errs = append(errs, errors.New("BETTER_AUTH_URL or JWKS_URL must be set"))
	}
	if c.Issuer == "" {
		errs = append(errs, errors.New("JWT_ISSUER must be set to the tokens' iss, by default the public origin"))
	}
	c.Audience = cmp.Or(c.Audience, c.Issuer)
	if c.Port == c.OpsPort {
		errs = append(errs, errors.New("PORT and OPS_PORT must differ"))
	}
	if c.RateLimit < 0 || c.RateBurst < 1 {
		errs = append(errs, errors.New("RATE_LIMIT must not be negative, and RATE_BURST must be at least 1"))
	}
	if c.MaxInFlight < 1 || c.MaxStreams < 1 {
		errs = append(errs, errors.New("MAX_IN_FLIGHT and MAX_STREAMS must be at least 1"))
	}
	errs = append(errs, c.Tracing.Check())
	return errors.Join(errs...)
}

// limits are what one replica takes on.
func (c *serveConfig) limits() httpapi.Limits {
	return httpapi.Limits{
		InFlight: c.MaxInFlight, Streams: c.MaxStreams,
		Rate: httpapi.Rate{PerSecond: c.RateLimit, Burst: c.RateBurst},
	}
}

// tokens says which tokens are accepted.
func (c *serveConfig) tokens() jwtauth.Config {
	return jwtauth.Config{
		JWKSURL: c.JWKSURL, Algorithms: c.Algorithms, Secret: c.Secret, Issuer: c.Issuer, Audience: c.Audience,
	}
}

// listenURL returns the server's own address for the runtime role.
func (c *serveConfig) listenURL() string {
	direct, err := url.Parse(cmp.Or(c.DirectURL, c.DatabaseURL))
	if err != nil {
		return c.DatabaseURL // both have been checked
	}
	if runtime, err := url.Parse(c.DatabaseURL); err == nil {
		direct.User = runtime.User
	}
	return direct.String()
}

func (c *serveConfig) address(port environ.Port) string {
	return net.JoinHostPort(c.Host, port.String())
}

// checkDatabaseURL names what is wrong with an address without showing it.
func checkDatabaseURL(name, value string) error {
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") || u.Host == "" || u.User.Username() == "" {
		return fmt.Errorf("%s must be like postgres://user:password@host:5432/database", name)
	}
	return nil
}

func checkHTTPURL(name, value string) error {
	u, err := url.Parse(value)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return fmt.Errorf("%s must be an http or https URL", name)
	}
	return nil
}
