package sdk

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"runtime"
	"strings"
	"time"
)

// Version is the version of this module. It is part of the User-Agent.
const Version = "0.1.0"

const (
	// attemptTimeout ends an attempt that the default HTTP client has
	// waited for, so that a call without a deadline ends too.
	attemptTimeout = 30 * time.Second

	// idleTimeout is shorter than any usual keep-alive of a server, so that
	// a request seldom meets a connection that is just being closed.
	idleTimeout = 30 * time.Second

	// idlePerHost keeps the connections of a busy program: the two of
	// [http.DefaultTransport] would be closed and opened all the time.
	idlePerHost = 100

	// An HTTP/2 connection that has brought nothing for pingAfter must
	// answer a ping within pingTimeout. Without that one that is dead
	// without a word would be used by all attempts until the kernel gives it
	// up, after a quarter of an hour. Both together are shorter than an
	// attempt.
	pingAfter   = 15 * time.Second
	pingTimeout = 10 * time.Second
)

// Client calls the task service. It is safe for concurrent use, and one client
// serves a whole program: connections and the retry budget are shared by its
// calls.
type Client struct {
	baseURL   string // without a trailing slash
	http      *http.Client
	stream    *http.Client    // the same without a timeout
	transport *http.Transport // the client's own; nil if the caller brought one
	userAgent string
	tokens    TokenSource
	hooks     []Hook
	retry     RetryPolicy
	budget    *budget
}

// Option configures a [Client].
type Option func(*Client)

// New returns a client of the task service at baseURL, such as
// "http://tasks:8080". The URL may have a path, below which the service's
// paths then begin. It has neither user, query nor fragment: credentials come
// from [WithTokenSource] or [WithToken].
//
// New sends nothing. It fails if the URL or an option makes no sense.
func New(baseURL string, opts ...Option) (*Client, error) {
	base, err := parseBaseURL(baseURL)
	if err != nil {
		return nil, err
	}
	c := &Client{
		baseURL:   base,
		userAgent: "tasklane-sdk-go/" + Version + " (" + runtime.Version() + ")",
		budget:    newBudget(),
	}
	for _, opt := range opts {
		opt(c)
	}
	if c.retry, err = c.retry.withDefaults(); err != nil {
		return nil, err
	}
	if !visible(strings.ReplaceAll(c.userAgent, " ", "")) {
		return nil, errors.New("tasklane: the user agent may hold visible ASCII characters and spaces only")
	}
	c.prepareHTTP()
	return c, nil
}

// WithTokenSource makes every call carry a bearer token of the source, unless
// the call brings its own with [WithToken].
func WithTokenSource(source TokenSource) Option {
	return func(c *Client) { c.tokens = source }
}

// WithHTTPClient makes the client send its requests through h, with the
// transport, the timeout and the cookies of h. A timeout of h holds for each
// attempt, but not for the connections of [Client.Watch]. Redirects are
// answers, not followed, unless h.CheckRedirect is set. The default is a client
// with a connection pool of its own and 30 seconds for each attempt, which takes
// the proxy that the environment names, as [http.ProxyFromEnvironment] tells.
func WithHTTPClient(h *http.Client) Option {
	return func(c *Client) { c.http = h }
}

// WithUserAgent puts a program's name and version, such as "planner/1.4",
// before the SDK's own in the User-Agent.
func WithUserAgent(product string) Option {
	return func(c *Client) { c.userAgent = product + " " + c.userAgent }
}

// WithRetry replaces the rules by which failed attempts are repeated. A client
// with RetryPolicy{MaxAttempts: 1} repeats nothing.
func WithRetry(policy RetryPolicy) Option {
	return func(c *Client) { c.retry = policy }
}

// WithHook adds a hook, which is called before and after every attempt. Hooks
// are called in the order they were added, and after the attempt in reverse.
func WithHook(hook Hook) Option {
	return func(c *Client) { c.hooks = append(c.hooks, hook) }
}

// String hides the token of a [StaticToken] and all else but the base URL.
func (c *Client) String() string {
	return "[Tasklane at " + c.baseURL + "]"
}

// GoString hides it from the verb %#v.
func (c *Client) GoString() string {
	return c.String()
}

// Close closes the idle connections of the client, which otherwise close by
// themselves after 30 seconds. It is for when the last call has returned: it
// ends neither calls nor a [Client.Watch], which end with their contexts. It
// does not touch the connections of an HTTP client given by [WithHTTPClient].
func (c *Client) Close() {
	if c.transport != nil {
		c.transport.CloseIdleConnections()
	}
}

// prepareHTTP completes c.http without changing the caller's HTTP client.
func (c *Client) prepareHTTP() {
	h := http.Client{Timeout: attemptTimeout}
	if c.http != nil {
		h = *c.http
	} else if shared, ok := http.DefaultTransport.(*http.Transport); ok {
		c.transport = shared.Clone()
		c.transport.IdleConnTimeout = idleTimeout
		c.transport.MaxIdleConnsPerHost = idlePerHost
		if c.transport.HTTP2 == nil {
			c.transport.HTTP2 = &http.HTTP2Config{SendPingTimeout: pingAfter, PingTimeout: pingTimeout}
		}
		h.Transport = c.transport
	}
	c.http = withoutRedirects(h)
	h.Timeout = 0
	c.stream = withoutRedirects(h)
}

// withoutRedirects returns h such that a redirect is an answer, unless h says
// otherwise. Followed, it would turn a POST into a GET, or carry a task or a
// password to another host; the servers send none.
func withoutRedirects(h http.Client) *http.Client {
	if h.CheckRedirect == nil {
		h.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	}
	return &h
}

// parseBaseURL checks a base URL. Its errors do not quote the URL, which may
// hold a password.
func parseBaseURL(raw string) (string, error) {
	u, err := url.Parse(raw)
	switch {
	case err != nil:
		return "", errors.New("tasklane: the base URL is not a valid URL")
	case u.Scheme != "http" && u.Scheme != "https":
		return "", errors.New("tasklane: the base URL must begin with http:// or https://")
	case u.Hostname() == "":
		return "", errors.New("tasklane: the base URL names no host")
	case u.User != nil:
		return "", errors.New("tasklane: the base URL must not hold a user or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return "", errors.New("tasklane: the base URL must not have a query or fragment")
	}
	return fmt.Sprintf("%s://%s%s", u.Scheme, u.Host, strings.TrimRight(u.EscapedPath(), "/")), nil
}
