package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"slices"
	"strings"

	"github.com/tasklane/tasklane/services/environ"
	"github.com/tasklane/tasklane/services/httpapi"
	"github.com/tasklane/tasklane/services/httpapi/tracing"
	"github.com/tasklane/tasklane/services/tasks/internal/jwtauth"
)

// migrateConfig is the environment of "tasks migrate". The URLs have passwords and are
// never printed.
type migrateConfig struct {
	// RuntimeURL logs in as the runtime role.
	RuntimeURL environ.DatabaseURL `env:"DATABASE_URL,notEmpty"`
	// OwnerURL logs in as the owner of the tables, at the server's direct address.
	OwnerURL environ.DatabaseURL `env:"DATABASE_URL_UNPOOLED,notEmpty"`
}

// serveConfig is the environment of "tasks serve".
type serveConfig struct {
	// DatabaseURL logs in as the runtime role. It may be the address of a pooler.
	DatabaseURL environ.DatabaseURL `env:"DATABASE_URL,notEmpty"`
	// Pooled says that DatabaseURL is that of a pooler in transaction mode.
	Pooled bool `env:"DATABASE_POOLED"`
	// DirectURL is the server's direct address if DatabaseURL is a pooler's.
	// Notifications are received from its host; its user and password are not used.
	DirectURL environ.DatabaseURL `env:"DATABASE_URL_UNPOOLED"`
	// BetterAuthURL is the address of the Better Auth server.
	BetterAuthURL environ.Address `env:"BETTER_AUTH_URL"`
	// JWKSURL is the URL of the issuer's keys, by default Better Auth's.
	JWKSURL string `env:"JWKS_URL"`
	// Issuer is the iss that tokens must have; Better Auth's default is the public
	// origin.
	Issuer string `env:"JWT_ISSUER"`
	// Audience is the aud that tokens must have, by default the issuer, as in
	// Better Auth.
	Audience string `env:"JWT_AUDIENCE"`
	// Algorithms are the accepted signature algorithms, separated by commas.
	Algorithms []string `env:"JWT_ALGORITHMS"`
	// Secret verifies the tokens if the algorithm is HS256.
	Secret string `env:"BETTER_AUTH_SECRET"`
	// Host is the address to listen on; empty means all of them.
	Host string `env:"HOST"`
	// Port serves the API, OpsPort health and readiness.
	Port    environ.Port `env:"PORT" envDefault:"8080"`
	OpsPort environ.Port `env:"OPS_PORT" envDefault:"9090"`
	// Profiles says whether OpsPort serves profiles too.
	Profiles bool `env:"PPROF"`
	// LogLevel is the minimum level of the log.
	LogLevel environ.LogLevel `env:"LOG_LEVEL" envDefault:"INFO"`
	// MaxUserResources and MaxUserBytes are the quota of a user; 0 means no limit.
	// A write that changes all of a user's tasks, such as a new time zone, takes about
	// 60 µs for each, and must end before the timeouts of package budget.
	MaxUserResources int64 `env:"MAX_USER_RESOURCES" envDefault:"50000"`
	MaxUserBytes     int64 `env:"MAX_USER_BYTES" envDefault:"100000000"`
	// Limits bound the requests of a replica.
	Limits httpapi.LimitConfig
	// Drain configures how a replica stops.
	Drain httpapi.DrainConfig
	// Tracing configures the export of traces.
	Tracing tracing.Config
}

// databaseConfig is the environment of the commands that act on the data.
type databaseConfig struct {
	DatabaseURL environ.DatabaseURL `env:"DATABASE_URL,notEmpty"`
	Pooled      bool                `env:"DATABASE_POOLED"`
}

func (c *serveConfig) Check() error {
	errs := []error{c.Limits.Check(), c.Drain.Check(), c.Tracing.Check()}
	if c.MaxUserResources < 0 || c.MaxUserBytes < 0 {
		errs = append(errs, errors.New("MAX_USER_RESOURCES and MAX_USER_BYTES must not be negative"))
	}
	if err := c.tokens().Check(); err != nil {
		errs = append(errs, fmt.Errorf("JWT_ALGORITHMS and BETTER_AUTH_SECRET: %w", err))
	}
	switch {
	case slices.Contains(c.Algorithms, "HS256"):
		// No keys are fetched.
	case c.JWKSURL != "":
		// It may have a query: some issuers use one.
		if u, err := url.Parse(c.JWKSURL); err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
			errs = append(errs, errors.New("JWKS_URL must be an http or https URL"))
		}
	case c.BetterAuthURL.URL != nil:
		c.JWKSURL = betterAuthKeys(c.BetterAuthURL.URL)
	default:
		errs = append(errs, errors.New("BETTER_AUTH_URL or JWKS_URL must be set"))
	}
	if c.Issuer == "" {
		errs = append(errs, errors.New("JWT_ISSUER must be set to the tokens' iss claim, which is the public origin by default"))
	}
	c.Audience = cmp.Or(c.Audience, c.Issuer)
	if c.Port == c.OpsPort {
		errs = append(errs, errors.New("PORT and OPS_PORT must differ"))
	}
	return errors.Join(errs...)
}

// tokens returns the configuration of accepted tokens.
func (c *serveConfig) tokens() jwtauth.Config {
	return jwtauth.Config{
		JWKSURL: c.JWKSURL, Algorithms: c.Algorithms, Secret: c.Secret, Issuer: c.Issuer, Audience: c.Audience,
	}
}

// listenURL returns the URL for LISTEN: the server's direct address, with the runtime role.
func (c *serveConfig) listenURL() string {
	direct, _ := url.Parse(string(cmp.Or(c.DirectURL, c.DatabaseURL))) // both were validated before
	runtime, _ := url.Parse(string(c.DatabaseURL))
	direct.User = runtime.User
	return direct.String()
}

func (c *serveConfig) address(port environ.Port) string {
	return net.JoinHostPort(c.Host, port.String())
}

// betterAuthKeys returns the URL of a Better Auth server's keys. Its endpoints are
// below the path of its address, by default /api/auth.
func betterAuthKeys(address *url.URL) string {
	if strings.Trim(address.Path, "/") == "" {
		address = address.JoinPath("/api/auth")
	}
	return address.JoinPath("jwks").String()
}
