package cli

import (
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// The annotations that cobra gives the flags of a group, the names of the group joined by
// spaces. cobra does not export them.
const (
	oneRequired       = "cobra_annotation_one_required"
	mutuallyExclusive = "cobra_annotation_mutually_exclusive"
)

// Excluded are the flags that cannot be given together with f.
func Excluded(f *pflag.Flag) []string {
	var names []string
	for _, group := range f.Annotations[mutuallyExclusive] {
		names = append(names, strings.Fields(group)...)
	}
	return slices.DeleteFunc(names, func(name string) bool { return name == f.Name })
}

// flagGroups checks which flags of a command go together, before cobra does and says it
// in other words.
func flagGroups(cmd *cobra.Command) error {
	var err error
	cmd.Flags().VisitAll(func(f *pflag.Flag) {
		if err == nil && f.Annotations[cobra.BashCompOneRequiredFlag] != nil && !f.Changed {
			err = Usage("%s: expected --%s", cmd.Name(), f.Name)
		}
		for _, group := range f.Annotations[mutuallyExclusive] {
			if set := slices.DeleteFunc(strings.Fields(group), func(name string) bool { return !cmd.Flags().Changed(name) }); err == nil && len(set) > 1 {
				err = Usage("%s: expected one of them", listed(set, "and"))
			}
		}
		for _, group := range f.Annotations[oneRequired] {
			if names := strings.Fields(group); err == nil && !slices.ContainsFunc(names, cmd.Flags().Changed) {
				err = Usage("%s: expected %s", cmd.Name(), listed(names, "or"))
			}
		}
	})
	return err
}

// listed is a list of flags, such as "--a, --b or --c".
func listed(names []string, last string) string {
	n := len(names) - 1
	if n == 0 {
		return "--" + names[0]
	}
	return "--" + strings.Join(names[:n], ", --") + " " + last + " --" + names[n]
}
