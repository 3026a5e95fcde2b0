# A plain fnox works on the vault's store, with its key. No value and no key is in the environment.
eval "$(remo-vault env)"
