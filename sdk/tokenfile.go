package sdk

import (
	"context"
	"os"
	"path/filepath"
	"sync/atomic"
)

// TokenFile is a [TokenSource] that stores the token of another source in a file, so
// that a restarted program need not sign in again: Better Auth limits sign-ins. The
// token is used until the service rejects it.
//
// The file is for one user of one server, and only its owner may read it. A file that
// cannot be read or written costs another sign-in.
type TokenFile struct {
	path   string
	source TokenSource

	rejected atomic.Value // the rejected token in a file that cannot be removed
}

// NewTokenFile returns a source that stores the tokens of source in the file at path. It
// creates missing directories.
func NewTokenFile(path string, source TokenSource) *TokenFile {
	return &TokenFile{path: path, source: source}
}

// Token returns the token in the file, or else one from the source.
func (f *TokenFile) Token(ctx context.Context) (string, error) {
	if stored := f.read(); stored != "" {
		return stored, nil
	}
	token, err := f.source.Token(ctx)
	if err == nil {
		f.write(token)
	}
	return token, err
}

// InvalidateToken removes a token that the service has rejected, from the file and from
// the source.
func (f *TokenFile) InvalidateToken(token string) {
	if f.read() == token && os.Remove(f.path) != nil {
		f.rejected.Store(token)
	}
	if source, ok := f.source.(TokenInvalidator); ok {
		source.InvalidateToken(token)
	}
}

// read returns the token in the file, or "" if it is missing, invalid or rejected.
func (f *TokenFile) read() string {
	stored, err := os.ReadFile(f.path)
	if err != nil {
		return ""
	}
	token, err := checkToken(string(stored))
	if err != nil || f.rejected.Load() == token {
		return ""
	}
	return token
}

// write replaces the file atomically, so that no other process reads half a token.
// os.CreateTemp makes it readable only by its owner.
func (f *TokenFile) write(token string) {
	dir := filepath.Dir(f.path)
	if os.MkdirAll(dir, 0o700) != nil {
		return
	}
	file, err := os.CreateTemp(dir, ".token-")
	if err != nil {
		return
	}
	_, err = file.WriteString(token)
	if closeErr := file.Close(); err != nil || closeErr != nil || os.Rename(file.Name(), f.path) != nil {
		_ = os.Remove(file.Name())
	}
}
