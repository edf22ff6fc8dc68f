package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/tasklane/tasklane/bff/internal/session"
	"github.com/tasklane/tasklane/services/doctor"
)

// checkSite checks that PUBLIC_URL is the address of a bff.
func (d *diagnosis) checkSite(ctx context.Context) (string, error) {
	target := d.PublicURL.JoinPath("/api/session")
	response, err := d.send(ctx, http.MethodGet, target, nil)
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return "", fault(fmt.Sprintf("the host %s of PUBLIC_URL has no address", d.PublicURL.Hostname()),
			"set PUBLIC_URL to the address at which browsers find the site, and add its host to DNS")
	}
	if _, unreachable := errors.AsType[*net.OpError](err); unreachable {
		return "", doctor.Skip("PUBLIC_URL cannot be reached from here")
	}
	if err != nil {
		return "", err
	}
	if response.status >= http.StatusInternalServerError {
		return "", fault(fmt.Sprintf("%s responds with status %d", target, response.status),
			"see the logs of the proxy in front and of this bff")
	}
	var problem struct{ Code string }
	_ = json.Unmarshal(response.body, &problem) // a body that is not an object has no code
	if response.status != http.StatusUnauthorized || problem.Code != "unauthenticated" {
		return "", fmt.Errorf("%s responds with status %d: it is not a bff", target, response.status)
	}
	return "is at " + d.PublicURL.String(), nil
}

// checkAuth requests the keys, which Better Auth reads from its database.
func (d *diagnosis) checkAuth(ctx context.Context) (string, error) {
	response, err := d.send(ctx, http.MethodGet, d.auth.URL.JoinPath("jwks"), nil, "Via", session.Via)
	if err != nil {
		return "", err
	}
	var keys struct {
		Keys []struct{ Alg string } `json:"keys"`
	}
	switch {
	case response.status == http.StatusBadGateway && bytes.Contains(response.body, []byte(`"code":"bad_gateway"`)):
		return "", fault(d.auth.URL.String()+" leads back to a bff", session.LoopRemedy)
	case response.status >= http.StatusInternalServerError:
		return "", fault(fmt.Sprintf("the request for its keys: status %d", response.status), "see Better Auth's log: it may not reach its database")
	case response.status != http.StatusOK || json.Unmarshal(response.body, &keys) != nil || keys.Keys == nil:
		return "", fault(fmt.Sprintf("%s does not respond with a list of keys (status %d)", d.auth.URL, response.status),
			"set BETTER_AUTH_URL to Better Auth's address, with its path if that is not /api/auth, and add the plugin jwt to it")
	}
	return fmt.Sprintf("responds, with %d keys", len(keys.Keys)), nil
}

func (d *diagnosis) checkClock(ctx context.Context) (string, error) {
	response, err := d.send(ctx, http.MethodGet, d.auth.URL.JoinPath("ok"), nil)
	if err != nil {
		return "", err
	}
	remote, err := http.ParseTime(response.header.Get("Date"))
	if err != nil {
		return "is unknown: Better Auth sends no Date header", nil
	}
	if difference := time.Since(remote).Abs(); difference > clockTolerance {
		return "", fmt.Errorf("Better Auth's clock differs from this machine's by %s", difference.Round(time.Second)) //nolint:staticcheck // begins with a name
	}
	return "agrees with Better Auth's", nil
}

// checkOrigin sends a sign-out without a session from the site and from each trusted
// origin.
func (d *diagnosis) checkOrigin(ctx context.Context) (string, error) {
	origins := []string{d.PublicURL.String()}
	for _, origin := range d.TrustedOrigins {
		origins = append(origins, origin.String())
	}
	for _, origin := range origins {
		// Better Auth checks the origin only of requests with a cookie, of any name.
		response, err := d.send(ctx, http.MethodPost, d.auth.URL.JoinPath("sign-out"), struct{}{}, "Origin", origin, "Cookie", "doctor=1")
		if err != nil {
			return "", err
		}
		switch response.status {
		case http.StatusOK:
		case http.StatusForbidden:
			return "", fault("Better Auth rejects requests from "+origin,
				"set BETTER_AUTH_URL of the auth server to PUBLIC_URL, and BETTER_AUTH_TRUSTED_ORIGINS there to TRUSTED_ORIGINS; with your own Better Auth, set baseURL and trustedOrigins")
		default:
			return "", fmt.Errorf("sign-out: status %d", response.status)
		}
	}
	return "is trusted by Better Auth: " + strings.Join(origins, ", "), nil
}

// signInAttempts is one more than the sign-ins that Better Auth allows one client at once.
const signInAttempts = 4

// checkProxy checks that Better Auth limits sign-ins by users' addresses, not by the bff's.
// It sends changes of an email address without a session, which have the same limit but a
// counter of their own, so it does not delay the sign-ins of users who share one limit.
func (d *diagnosis) checkProxy(ctx context.Context) (string, error) {
	target := d.auth.URL.JoinPath("change-email")
	limited := func(client string) (bool, error) {
		response, err := d.send(ctx, http.MethodPost, target, struct{}{}, "X-Forwarded-For", client)
		return err == nil && response.status == http.StatusTooManyRequests, err
	}
	first, second := randomAddress(), randomAddress()
	for range signInAttempts {
		isLimited, err := limited(first)
		if err != nil {
			return "", err
		}
		if !isLimited {
			continue
		}
		if isShared, err := limited(second); err != nil || !isShared {
			return "is right: Better Auth limits sign-ins by the user's address", err
		}
		return "", fault("all users share one limit on sign-ins, because Better Auth does not trust X-Forwarded-For",
			"list the bffs in TRUSTED_PROXIES of the auth server; with your own Better Auth, set advanced.ipAddress")
	}
	return "not checked: Better Auth does not limit sign-ins", nil
}

// randomAddress returns a random address of 198.18.0.0/16. That network is for benchmarks
// (RFC 2544), so no user has the address.
func randomAddress() string {
	var random [2]byte
	_, _ = rand.Read(random[:]) // never fails
	return fmt.Sprintf("198.18.%d.%d", random[0], random[1])
}

// checkPasskeys checks that the host of the site is in the domain of passkeys.
func (d *diagnosis) checkPasskeys(ctx context.Context) (string, error) {
	response, err := d.send(ctx, http.MethodGet, d.auth.URL.JoinPath("passkey/generate-authenticate-options"), nil)
	if err != nil {
		return "", err
	}
	var options struct {
		Domain string `json:"rpId"`
	}
	switch {
	case response.status == http.StatusNotFound:
		return "are not offered by Better Auth", nil
	case response.status != http.StatusOK || json.Unmarshal(response.body, &options) != nil:
		return "", fmt.Errorf("passkey/generate-authenticate-options responds with status %d", response.status)
	case !strings.HasSuffix("."+d.PublicURL.Hostname(), "."+options.Domain):
		return "", fmt.Errorf("their domain is %s, which browsers do not accept on pages of %s", options.Domain, d.PublicURL)
	}
	return "are for " + options.Domain, nil
}

// checkService sends HEAD /, to which the task service responds with 204 without a token.
func (d *diagnosis) checkService(ctx context.Context) (string, error) {
	response, err := d.send(ctx, http.MethodHead, d.TasksURL.URL, nil)
	if err != nil {
		return "", err
	}
	switch {
	case response.status >= http.StatusInternalServerError:
		return "", fault(fmt.Sprintf("%s responds with status %d", d.TasksURL, response.status),
			"see the log of the task service, and that of the proxy in front of it")
	case response.status != http.StatusNoContent:
		return "", fmt.Errorf("%s responds with status %d: it is not the task service", d.TasksURL, response.status)
	}
	return "responds", nil
}
