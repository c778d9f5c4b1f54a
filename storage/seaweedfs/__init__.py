"""SeaweedFS on one machine, started so that its side doors are shut."""
