package main

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"net/url"
	"strings"

	"github.com/caarlos0/env/v11"
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
	// Host is the address to listen on; empty means all of them.
	Host string `env:"HOST"`
	// Port serves the API, OpsPort health and readiness.
	Port    uint16 `env:"PORT" envDefault:"8080"`
	OpsPort uint16 `env:"OPS_PORT" envDefault:"9090"`
}

func (c *migrateConfig) check() error {
	return errors.Join(
		checkDatabaseURL("DATABASE_URL", c.RuntimeURL),
		checkDatabaseURL("DATABASE_URL_UNPOOLED", c.OwnerURL),
	)
}

func (c *serveConfig) check() error {
	errs := []error{checkDatabaseURL("DATABASE_URL", c.DatabaseURL)}
	switch {
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
	return errors.Join(errs...)
}

func (c *serveConfig) address(port uint16) string {
	return net.JoinHostPort(c.Host, fmt.Sprint(port))
}

// readConfig reads the environment into c and returns all mistakes at once.
func readConfig(c interface{ check() error }) error {
	if err := errors.Join(env.Parse(c), c.check()); err != nil {
		return fmt.Errorf("the environment is not right:\n%w", err)
	}
	return nil
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
