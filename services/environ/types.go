package environ

import (
	"cmp"
	"errors"
	"log/slog"
	"net/netip"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Port is a TCP port, from 1 to 65535.
type Port uint16

// UnmarshalText parses a port.
func (p *Port) UnmarshalText(text []byte) error {
	n, err := strconv.ParseUint(string(text), 10, 16)
	if err != nil || n == 0 {
		return errors.New("must be a port from 1 to 65535")
	}
	*p = Port(n)
	return nil
}

// String returns the port in decimal.
func (p Port) String() string { return strconv.Itoa(int(p)) }

// LogLevel is the minimum level of logged lines.
type LogLevel slog.Level

// UnmarshalText parses a level as [slog.Level] does.
func (l *LogLevel) UnmarshalText(text []byte) error {
	if err := (*slog.Level)(l).UnmarshalText(text); err != nil {
		return errors.New("must be debug, info, warn or error")
	}
	return nil
}

// Level implements [slog.Leveler].
func (l LogLevel) Level() slog.Level { return slog.Level(l) }

// Lifetime is how long something is kept, such as a cached session: zero or longer.
type Lifetime time.Duration

// UnmarshalText parses a duration as [time.ParseDuration] does.
func (l *Lifetime) UnmarshalText(text []byte) error {
	d, err := time.ParseDuration(string(text))
	if err != nil || d < 0 {
		return errors.New("must be zero or a duration such as 30s")
	}
	*l = Lifetime(d)
	return nil
}

// Address is the address of another server: an http or https URL without user, query or
// fragment.
type Address struct{ *url.URL }

// UnmarshalText parses an address.
func (a *Address) UnmarshalText(text []byte) error {
	u, ok := parseHTTP(string(text))
	if !ok {
		return errors.New("must be an http or https URL without user, query or fragment")
	}
	a.URL = u
	return nil
}

// Origin is the scheme, host and port of a site, spelled as in the Origin header.
type Origin struct{ *url.URL }

// originHost matches hosts as browsers spell them: lower case, non-ASCII names in
// Punycode, no wildcards.
var originHost = regexp.MustCompile(`^[a-z0-9._\-\[\]:]+$`)

// UnmarshalText parses an origin and spells it as browsers do.
func (o *Origin) UnmarshalText(text []byte) error {
	u, ok := parseHTTP(string(text))
	if !ok || strings.Trim(u.Path, "/") != "" {
		return errors.New("must be an origin such as https://tasks.example.com")
	}
	defaultPort := map[string]string{"http": ":80", "https": ":443"}[u.Scheme]
	host := strings.TrimSuffix(strings.ToLower(u.Host), defaultPort)
	if !originHost.MatchString(host) {
		return errors.New("must name one host in ASCII, without wildcards (write other names in Punycode)")
	}
	o.URL = &url.URL{Scheme: u.Scheme, Host: host}
	return nil
}

// parseHTTP parses an http or https URL without user, query or fragment.
func parseHTTP(text string) (*url.URL, bool) {
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Hostname() == "" ||
		u.User != nil || u.RawQuery != "" || u.ForceQuery || u.Fragment != "" {
		return nil, false
	}
	// url.Parse accepts any number as a port, and a colon without one.
	_, err = strconv.ParseUint(cmp.Or(u.Port(), "0"), 10, 16)
	return u, err == nil && !strings.HasSuffix(u.Host, ":")
}

// Network is an IP address or a range of addresses.
type Network netip.Prefix

// UnmarshalText parses an address or a network such as 10.0.0.0/8.
func (n *Network) UnmarshalText(text []byte) error {
	field := strings.TrimSpace(string(text))
	if single, err := netip.ParseAddr(field); err == nil {
		*n = Network(netip.PrefixFrom(single, single.BitLen()))
		return nil
	}
	prefix, err := netip.ParsePrefix(field)
	if err != nil {
		return errors.New("must be addresses or networks such as 10.0.0.0/8, separated by commas")
	}
	*n = Network(prefix)
	return nil
}

// DatabaseURL is the URL of a PostgreSQL database, with a user and optionally a password. It
// is not normalized.
type DatabaseURL string

// UnmarshalText parses a URL.
func (d *DatabaseURL) UnmarshalText(text []byte) error {
	u, err := url.Parse(string(text))
	if err != nil || (u.Scheme != "postgres" && u.Scheme != "postgresql") || u.Host == "" || u.User.Username() == "" {
		return errors.New("must be like postgres://user:password@host:5432/database")
	}
	*d = DatabaseURL(text)
	return nil
}
