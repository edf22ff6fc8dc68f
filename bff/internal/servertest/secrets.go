package servertest

import (
	"regexp"
	"testing"
)

// secrets are what no log may hold: addresses and the password of the tests'
// users, cookies and tokens.
var secrets = regexp.MustCompile(`(?i)(@|%40)example\.com|` + Password + `|session_token=|\beyJ[\w-]{10,}\.[\w-]+|bearer [\w-]{20,}`)

// CheckLog fails the test if a log holds a secret.
func CheckLog(t testing.TB, name string, lines []string) {
	t.Helper()
	for _, line := range lines {
		if found := secrets.FindString(line); found != "" {
			t.Errorf("the log of %s holds %q: %s", name, found, line)
		}
	}
}
