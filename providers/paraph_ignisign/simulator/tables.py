"""The vendor's words: everything here is data out of the contract, named by its section.

Collected independently of the client; a simulator that shared these tables would share their mistakes.
"""

import re

APP_ENVS = ("DEVELOPMENT", "STAGING", "PRODUCTION")  # contract 3
MONGO_ID = re.compile(r"[0-9a-f]{24}")

# Contract 5: signature methods, lowest first.
METHODS = ("SIMPLE_STD", "ADVANCED_SMS", "ADVANCED_STD", "QUALIFIED_STD")
# Assumption, from the codes CANNOT_UPDATE_SIGNATURE_REQUEST__*_MANDATORY_*: what each method needs to know.
METHOD_INPUTS: dict[str, tuple[str, ...]] = {
    "SIMPLE_STD": (),
    "ADVANCED_SMS": ("firstName", "lastName", "phoneNumber"),
    "ADVANCED_STD": ("firstName", "lastName"),
    "QUALIFIED_STD": ("firstName", "lastName"),
}
_FOR_ALL = "FOR_ALL_SIGNERS_FOR_THE_SIGNATURE_PROFILE_REQUESTED"
_NAMES = (
    "CANNOT_UPDATE_SIGNATURE_REQUEST__FIRSTNAME_AND_LASTNAME_ARE_MANDARYTORY_FOR_ALL_SIGNER"
    "_WITH_THE_SIGNATURE_PROFILE_REQUESTED"
)
MANDATORY_INPUT_CODES = {
    "email": f"CANNOT_UPDATE_SIGNATURE_REQUEST__EMAIL_IS_MANDATORY_{_FOR_ALL}",
    "firstName": _NAMES,
    "lastName": _NAMES,
    "phoneNumber": f"CANNOT_UPDATE_SIGNATURE_REQUEST__PHONE_NUMBER_IS_MANDATORY_{_FOR_ALL}",
}

# Contract 5: input references of a signer.
SIGNER_INPUTS = (
    "firstName", "lastName", "email", "phoneNumber", "nationality", "birthDate", "birthPlace", "birthCountry",
)  # fmt: skip

# Contract 5: groups of request states.
DONE = frozenset({"COMPLETED", "EXPIRED", "FAILED", "CANCELLED"})
OPEN = frozenset({"READY", "LAUNCHING", "IN_PROGRESS"})

DIFFUSION_MODES = ("WHEN_READY", "SCHEDULED")
PROOF_TYPES = ("PDF_WITH_SIGNATURES", "ADVANCED_LEGAL_KIT", "SIGNED_DATA", "C2PA")
EVENT_FILTERS = ("ALL", "SUCCESS", "FAILED")  # contract 4.7
TOPICS = (
    "APP", "SIGNATURE", "SIGNATURE_REQUEST", "SIGNER", "SIGNATURE_PROFILE", "SIGNATURE_SESSION",
    "SIGNATURE_PROOF", "SIGNATURE_SIGNER_IMAGE", "ID_PROOFING", "SIGNER_AUTH", "ALL",
)  # fmt: skip

# Contract 4.3: the quick start's names; a models' action without a quick-start name is None: not sent.
QUICKSTART_ACTIONS: dict[tuple[str, str], str | None] = {
    ("SIGNATURE_REQUEST", "INITIALIZED"): "INIT",
    ("SIGNATURE_REQUEST", "UPDATED"): "UPDATE",
    ("SIGNATURE_REQUEST", "READY"): "PUBLISH",
    ("SIGNATURE_REQUEST", "COMPLETED"): "CLOSED",
    ("SIGNATURE_REQUEST", "CANCELLED"): "CLOSED",
    ("SIGNATURE_REQUEST", "EXPIRED"): "CLOSED",
    ("SIGNATURE_REQUEST", "CHILDREN_GENERATED"): None,
    ("SIGNATURE", "FINALIZED"): "SIGNATURE_SUCCESS",
    ("SIGNATURE", "FAILED"): "SIGNATURE_FAILED",
    ("SIGNATURE_SESSION", "INITIALIZED"): "STARTED",
    ("SIGNER", "INPUTS_ADDED"): "CLAIM_UPDATED",
}

# Contract 9, row 24: the union of the models' list and HE.
LANGUAGES = (
    "AR", "BG", "BN", "CS", "DA", "DE", "EL", "EN", "ES", "ET", "FI", "FR", "GA", "HI", "HR", "HU",
    "IS", "IT", "JA", "KO", "LT", "LV", "MT", "NL", "NO", "PL", "PT", "RO", "RU", "SK", "SL", "SQ",
    "SR", "SV", "TR", "UK", "ZH", "HE",
)  # fmt: skip

# Contract 5: the accepted extensions.
EXTENSIONS = frozenset(
    (
        ".ai", ".bmp", ".gif", ".ico", ".jpeg", ".jpg", ".png", ".ps", ".psd", ".svg", ".tif", ".tiff",
        ".key", ".odp", ".pps", ".ppt", ".pptx", ".ods", ".xls", ".xlsm", ".xlsx", ".3g2", ".3gp",
        ".flv", ".h264", ".m4v", ".mkv", ".mov", ".mp4", ".mpg", ".mpeg", ".rm", ".swf", ".vob", ".wmv",
        ".doc", ".docx", ".odt", ".pdf", ".rtf", ".tex", ".wpd", ".csv", ".tar", ".json", ".xml", ".7z",
        ".arj", ".deb", ".rar", ".rpm", ".z", ".zip", ".txt", ".md",
    )
)  # fmt: skip

# Contract, appendix C.
COUNTRIES = (
    "AD", "AE", "AF", "AG", "AI", "AL", "AM", "AO", "AR", "AS", "AT", "AU", "AW", "AZ", "BA", "BB",
    "BD", "BE", "BF", "BG", "BH", "BI", "BJ", "BL", "BM", "BN", "BO", "BR", "BS", "BT", "BW", "BY",
    "BZ", "CA", "CD", "CF", "CG", "CH", "CI", "CK", "CL", "CM", "CN", "CO", "CR", "CU", "CV", "CW",
    "CY", "CZ", "DE", "DJ", "DK", "DM", "DO", "DZ", "EC", "EE", "EG", "EH", "ER", "ES", "ET", "FI",
    "FJ", "FK", "FM", "FO", "FR", "GA", "GB", "GD", "GE", "GG", "GH", "GI", "GL", "GM", "GN", "GQ",
    "GR", "GS", "GT", "GU", "GW", "GY", "HK", "HN", "HR", "HT", "HU", "ID", "IE", "IL", "IM", "IN",
    "IQ", "IR", "IS", "IT", "JE", "JM", "JO", "JP", "KE", "KG", "KH", "KM", "KN", "KP", "KR", "KW",
    "KY", "KZ", "LA", "LB", "LC", "LI", "LK", "LR", "LS", "LT", "LU", "LV", "LY", "MA", "MC", "MD",
    "ME", "MF", "MG", "MK", "ML", "MM", "MN", "MO", "MR", "MT", "MU", "MV", "MW", "MX", "MY", "MZ",
    "NA", "NC", "NE", "NF", "NG", "NI", "NL", "NO", "NP", "NR", "NZ", "OM", "PA", "PE", "PG", "PH",
    "PK", "PL", "PR", "PS", "PT", "PY", "QA", "RE", "RO", "RS", "RU", "RW", "SA", "SC", "SD", "SE",
    "SG", "SI", "SK", "SL", "SM", "SN", "SO", "SR", "SS", "ST", "SV", "SX", "SY", "SZ", "TD", "TG",
    "TH", "TJ", "TL", "TM", "TN", "TO", "TR", "TT", "TV", "TW", "TZ", "UA", "UG", "US", "UY", "UZ",
    "VA", "VE", "VG", "VI", "VN", "VU", "WF", "WS", "XK", "YE", "YT", "ZA", "ZM", "ZW",
)  # fmt: skip
