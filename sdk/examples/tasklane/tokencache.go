package main

import (
	"context"
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"

	"github.com/tasklane/tasklane/sdk"
)

// tokenCache keeps the token of a source in a file, or a sign-in would go
// before every command. Whether the token is still good is for the service to
// say: the client then drops it and asks again.
type tokenCache struct {
	source *sdk.BetterAuth
	path   string // empty to keep nothing
}

// newTokenCache returns a cache in the user's directory for such files, for one
// user of one server.
func newTokenCache(source *sdk.BetterAuth, dir, server, email string) *tokenCache {
	if dir == "" {
		return &tokenCache{source: source}
	}
	name := fmt.Sprintf("%x.jwt", sha256.Sum256([]byte(server+"\n"+email)))
	return &tokenCache{source: source, path: filepath.Join(dir, "tasklane", name)}
}

// Token returns the kept token, or else one of the source.
func (c *tokenCache) Token(ctx context.Context) (string, error) {
	if kept, err := os.ReadFile(c.path); err == nil && len(kept) > 0 {
		return string(kept), nil
	}
	token, err := c.source.Token(ctx)
	if err == nil {
		c.keep(token)
	}
	return token, err
}

// InvalidateToken forgets a token that the service has refused.
func (c *tokenCache) InvalidateToken(token string) {
	if kept, err := os.ReadFile(c.path); err == nil && string(kept) == token {
		_ = os.Remove(c.path) // at worst the next command asks in vain once more
	}
	c.source.InvalidateToken(token)
}

// keep writes the token for the user's eyes only. A file that cannot be written
// costs another sign-in, nothing else.
func (c *tokenCache) keep(token string) {
	if c.path == "" || os.MkdirAll(filepath.Dir(c.path), 0o700) != nil {
		return
	}
	file, err := os.CreateTemp(filepath.Dir(c.path), "new-")
	if err != nil {
		return
	}
	_, err = file.WriteString(token)
	if closed := file.Close(); err != nil || closed != nil || os.Rename(file.Name(), c.path) != nil {
		_ = os.Remove(file.Name())
	}
}
