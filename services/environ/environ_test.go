package environ_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/tasklane/tasklane/services/environ"
)

type config struct {
	Port  environ.Port `env:"ENVIRON_TEST_PORT" envDefault:"80"`
	Ops   environ.Port `env:"ENVIRON_TEST_OPS"`
	Size  int          `env:"ENVIRON_TEST_SIZE" envDefault:"3"`
	Token string       `env:"ENVIRON_TEST_TOKEN"`
}

func (c *config) Check() error {
	var errs []error
	if c.Token == "" {
		errs = append(errs, errors.New("ENVIRON_TEST_TOKEN must be set"))
	}
	if c.Port == c.Ops {
		errs = append(errs, errors.Join(errors.New("ENVIRON_TEST_PORT and ENVIRON_TEST_OPS must differ")))
	}
	return errors.Join(errs...)
}

// TestRead sets the environment, so it cannot run in parallel.
func TestRead(t *testing.T) {
	for _, tc := range []struct {
		name, port, ops, size, token string
		want                         []string // a line for each mistake
	}{
		{"right", "3000", "9090", "", "s3cret", nil},
		{"defaults", "", "9090", "", "s3cret", nil},
		{"types and rules at once", "http", "0", "s3cret", "", []string{
			"ENVIRON_TEST_PORT must be a port from 1 to 65535",
			"ENVIRON_TEST_OPS must be a port from 1 to 65535",
			"ENVIRON_TEST_SIZE must be a number: invalid syntax",
			"ENVIRON_TEST_TOKEN must be set",
		}},
		{"rules", "9090", "9090", "", "", []string{
			"ENVIRON_TEST_TOKEN must be set",
			"ENVIRON_TEST_PORT and ENVIRON_TEST_OPS must differ",
		}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			for name, value := range map[string]string{"PORT": tc.port, "OPS": tc.ops, "SIZE": tc.size, "TOKEN": tc.token} {
				t.Setenv("ENVIRON_TEST_"+name, value)
			}
			var c config
			err := environ.Read(&c)
			var got []string
			if err != nil {
				got = strings.Split(err.Error(), "\n  ")[1:]
			}
			if strings.Join(got, "\n") != strings.Join(tc.want, "\n") {
				t.Errorf("mistakes %q, want %q", got, tc.want)
			}
			if err != nil && strings.Contains(err.Error(), "s3cret") {
				t.Errorf("%v shows a value", err)
			}
			if err == nil && c.Size != 3 {
				t.Errorf("%+v", c)
			}
		})
	}
}
