package budget_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/tasklane/tasklane/services/budget"
)

func TestEachTimeoutIsShorterThanItsCallers(t *testing.T) {
	t.Parallel()
	for _, rule := range []struct {
		hop     string
		takes   time.Duration
		caller  string
		expects time.Duration
	}{
		{"the bff, its exchange and its operation", budget.Exchange + budget.BFF, "the client", budget.ClientAttempt},
		{"Better Auth's pool", budget.AuthPool, "the exchange", budget.Exchange},
		{"a connection to Better Auth", budget.Dial, "the exchange", budget.Exchange},
		{"a renewal", budget.Exchange, "the bff's operation", budget.BFF},
		{"a part of a bootstrap", budget.Part, "the bff's operation", budget.BFF},
		{"a dead replica and a renewal", budget.Dial + budget.Exchange, "the bff's operation", budget.BFF},
		{"a database that wakes up", budget.Wake + budget.Reserve, "a part of a bootstrap", budget.Part},
		{"a user's other write", budget.Lock + budget.Reserve, "a part of a bootstrap", budget.Part},
		{"a user's other write", budget.Lock, "a database that wakes up", budget.Wake},
		{"the bff's operation", budget.BFF, "an operation without X-Request-Timeout", budget.Service},
		{"the bff's operation", budget.BFF, "a server that stops", budget.Shutdown},
	} {
		if rule.takes >= rule.expects {
			t.Errorf("%s may take %s, but %s times out after %s", rule.hop, rule.takes, rule.caller, rule.expects)
		}
	}
}

// TestJavaScriptHasTheSameTimeouts checks the timeouts that JavaScript code repeats.
func TestJavaScriptHasTheSameTimeouts(t *testing.T) {
	t.Parallel()
	for _, hop := range []struct {
		file, name string
		want       time.Duration
	}{
		{"../../web-contract/client/src/retry.ts", "attemptTimeout", budget.ClientAttempt},
		{"../auth/config.mjs", "POOL_TIMEOUT_MS", budget.AuthPool},
	} {
		source, err := os.ReadFile(hop.file)
		if err != nil {
			t.Fatal(err)
		}
		found := regexp.MustCompile(`const ` + hop.name + ` = ([0-9_]+);`).FindSubmatch(source)
		if found == nil {
			t.Errorf("%s: no %s", hop.file, hop.name)
			continue
		}
		ms, err := strconv.Atoi(strings.ReplaceAll(string(found[1]), "_", ""))
		if got := time.Duration(ms) * time.Millisecond; err != nil || got != hop.want {
			t.Errorf("%s: %s is %s, want %s", hop.file, hop.name, got, hop.want)
		}
	}
}
