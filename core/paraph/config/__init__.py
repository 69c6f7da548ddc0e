"""Configuration: which accounts there are, where secrets and the store are."""

from paraph.config.accounts import AccountConfig
from paraph.config.file import Config, load_config

__all__ = ["AccountConfig", "Config", "load_config"]
