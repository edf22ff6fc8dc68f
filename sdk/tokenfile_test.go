package sdk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/tasklane/tasklane/sdk"
)

// numbered is a source of the tokens "token-1", "token-2" and so on.
type numbered struct{ given int }

func (n *numbered) Token(context.Context) (string, error) {
	n.given++
	return "token-" + strconv.Itoa(n.given), nil
}

func TestTokenFile(t *testing.T) {
	t.Parallel()
	wantToken := func(t *testing.T, source sdk.TokenSource, want string) {
		t.Helper()
		if got, err := source.Token(t.Context()); got != want || err != nil {
			t.Errorf("got %q, %v, want %q", got, err, want)
		}
	}

	t.Run("serves the next run of a program", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "program", "token")
		wantToken(t, sdk.NewTokenFile(path, &numbered{}), "token-1")
		next := &numbered{}
		wantToken(t, sdk.NewTokenFile(path, next), "token-1")
		if next.given != 0 {
			t.Error("the source was called although the file has a token")
		}
		info, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if mode := info.Mode().Perm(); mode != 0o600 {
			t.Errorf("the file has the mode %o", mode)
		}
	})

	t.Run("drops a rejected token", func(t *testing.T) {
		t.Parallel()
		source := sdk.NewTokenFile(filepath.Join(t.TempDir(), "token"), &numbered{})
		wantToken(t, source, "token-1")
		source.InvalidateToken("another")
		wantToken(t, source, "token-1")
		source.InvalidateToken("token-1")
		wantToken(t, source, "token-2")
	})

	t.Run("invalidates a rejected token in its source too", func(t *testing.T) {
		t.Parallel()
		inner := sdk.NewTokenFile(filepath.Join(t.TempDir(), "inner"), &numbered{})
		outer := sdk.NewTokenFile(filepath.Join(t.TempDir(), "outer"), inner)
		wantToken(t, outer, "token-1")
		outer.InvalidateToken("token-1")
		wantToken(t, outer, "token-2")
	})

	t.Run("ignores a damaged file", func(t *testing.T) {
		t.Parallel()
		for _, content := range []string{"", "two\nlines", "caf\u00e9"} {
			path := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
				t.Fatal(err)
			}
			wantToken(t, sdk.NewTokenFile(path, &numbered{}), "token-1")
		}
	})

	t.Run("works without a file", func(t *testing.T) {
		t.Parallel()
		file := filepath.Join(t.TempDir(), "file")
		if err := os.WriteFile(file, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		source := sdk.NewTokenFile(filepath.Join(file, "token"), &numbered{})
		wantToken(t, source, "token-1")
		wantToken(t, source, "token-2")
	})

	t.Run("does not return a rejected token from a file that cannot be removed", func(t *testing.T) {
		t.Parallel()
		stale, err := os.Create(filepath.Join(t.TempDir(), "token"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = stale.Close() })
		if _, err := stale.WriteAt([]byte("stale"), 0); err != nil {
			t.Fatal(err)
		}
		// Nobody, not even root, can remove or replace a file there.
		source := sdk.NewTokenFile("/dev/fd/"+strconv.Itoa(int(stale.Fd())), &numbered{})
		wantToken(t, source, "stale")
		source.InvalidateToken("stale")
		wantToken(t, source, "token-1")
	})

	t.Run("stores no token after an error", func(t *testing.T) {
		t.Parallel()
		path := filepath.Join(t.TempDir(), "token")
		failing := sdk.TokenFunc(func(context.Context) (string, error) { return "", sdk.ErrAuthUnavailable })
		if _, err := sdk.NewTokenFile(path, failing).Token(t.Context()); !errors.Is(err, sdk.ErrAuthUnavailable) {
			t.Errorf("got %v", err)
		}
		wantToken(t, sdk.NewTokenFile(path, &numbered{}), "token-1")
	})
}
